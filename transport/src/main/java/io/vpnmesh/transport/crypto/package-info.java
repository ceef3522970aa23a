// SPDX-License-Identifier: Apache-2.0
/** AES-GCM of native libraries, where they are installed and pass a self-test; the JDK's own where not. */
@NullMarked
package io.vpnmesh.transport.crypto;

import org.jspecify.annotations.NullMarked;
