// SPDX-License-Identifier: Apache-2.0
/** The admission endpoint and the operator's own TLS authority. */
@NullMarked
package io.vpnmesh.operator.webhook;

import org.jspecify.annotations.NullMarked;
