// SPDX-License-Identifier: Apache-2.0
/**
 * A TLS server whose protocols are told apart by ALPN, each a stream of length-prefixed messages. Netty lives here and
 * stays here; what the messages mean is not its business.
 */
@NullMarked
package io.vpnmesh.transport.tls;

import org.jspecify.annotations.NullMarked;
