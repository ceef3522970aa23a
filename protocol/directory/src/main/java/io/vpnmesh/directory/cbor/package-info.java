// SPDX-License-Identifier: Apache-2.0
/** Deterministic CBOR (RFC 8949 section 4.2), strict and bounded, with integer keys only; and COSE_Sign1 (RFC 9052). */
@NullMarked
package io.vpnmesh.directory.cbor;

import org.jspecify.annotations.NullMarked;
