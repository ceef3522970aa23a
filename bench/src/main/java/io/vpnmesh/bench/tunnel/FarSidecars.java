// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.sidecar.Main;

/**
 * Sidecars of one host in one process: {@code FarSidecars CONFIG…}, each with a key, SAs, a TUN, a socket and threads of
 * its own. As so many processes they would spend the measurement on compiling the same code, once each.
 */
public final class FarSidecars {

    private FarSidecars() {}

    public static void main(String[] configurations) {
        for (String configuration : configurations) {
            Thread.ofPlatform().name("main " + configuration).start(() -> run(configuration));
        }
    }

    private static void run(String configuration) {
        try {
            Main.main(new String[] {"run", "--config", configuration});
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
