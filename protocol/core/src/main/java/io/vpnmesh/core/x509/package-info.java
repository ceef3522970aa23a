// SPDX-License-Identifier: Apache-2.0
/** Issuing and verifying the mesh's certificates; the only package that knows BouncyCastle. */
@NullMarked
package io.vpnmesh.core.x509;

import org.jspecify.annotations.NullMarked;
