// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import io.vpnmesh.core.net.Endpoint;

/** Hears of datagrams that the kernel refused with EMSGSIZE. */
@FunctionalInterface
public interface TooLongListener {

    /** Called by the sending thread. Units: {@code datagramBytes} of UDP payload. */
    void tooLong(Endpoint target, int datagramBytes);
}
