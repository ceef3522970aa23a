// SPDX-License-Identifier: Apache-2.0
/** The operator's shell: settings, start, health. What it decides lies in the packages below. */
@NullMarked
package io.vpnmesh.operator;

import org.jspecify.annotations.NullMarked;
