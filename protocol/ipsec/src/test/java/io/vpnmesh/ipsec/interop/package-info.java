// SPDX-License-Identifier: Apache-2.0
/** The engine against strongSwan and libreswan, in network namespaces made for the purpose. */
@NullMarked
package io.vpnmesh.ipsec.interop;

import org.jspecify.annotations.NullMarked;
