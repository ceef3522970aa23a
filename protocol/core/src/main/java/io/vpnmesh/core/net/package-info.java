// SPDX-License-Identifier: Apache-2.0
/** IP addresses, endpoints and prefixes as values; read-only views of IP headers. */
@NullMarked
package io.vpnmesh.core.net;

import org.jspecify.annotations.NullMarked;
