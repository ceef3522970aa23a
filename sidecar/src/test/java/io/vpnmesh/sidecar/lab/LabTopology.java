// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Two sites behind NATs, a relay and a STUN server on an internet with a router between:
 *
 * <pre>
 *   a 10.1.0.2 -- na 198.51.100.2 --.              .-- nb 198.51.100.6 -- 10.2.0.2 b
 *                                    `--  net  ---'
 *              relay 203.0.113.2 ----'            '---- 203.0.113.6 stun
 * </pre>
 */
final class LabTopology implements AutoCloseable {

    static final String RELAY = "203.0.113.2";
    static final String STUN = "203.0.113.6";

    private static final String TRANSLATE = """
            flush ruleset
            table ip nat {
              chain post { type nat hook postrouting priority srcnat; oifname "wan" %s
              }
            }
            """;

    private static final String FILTER = """
            table ip filter {
              chain in { type filter hook input priority filter; iifname "wan" ct state new drop; }
              chain forw { type filter hook forward priority filter; iifname "wan" ct state new drop; }
            }
            """;

    final Namespaces namespaces = new Namespaces();

    static LabTopology build() {
        LabTopology topology = new LabTopology();
        try {
            topology.wire();
            return topology;
        } catch (RuntimeException e) {
            topology.close();
            throw e;
        }
    }

    private void wire() {
        for (String host : new String[] {"net", "na", "nb", "a", "b", "relay", "stun"}) {
            namespaces.add(host);
        }
        namespaces.cable("na", "wan", "198.51.100.2/30", "net", "na", "198.51.100.1/30");
        namespaces.cable("nb", "wan", "198.51.100.6/30", "net", "nb", "198.51.100.5/30");
        namespaces.cable("relay", "eth0", RELAY + "/30", "net", "relay", "203.0.113.1/30");
        namespaces.cable("stun", "eth0", STUN + "/30", "net", "stun", "203.0.113.5/30");
        namespaces.cable("a", "eth0", "10.1.0.2/24", "na", "lan", "10.1.0.1/24");
        namespaces.cable("b", "eth0", "10.2.0.2/24", "nb", "lan", "10.2.0.1/24");
        namespaces.defaultRoute("a", "10.1.0.1");
        namespaces.defaultRoute("b", "10.2.0.1");
        namespaces.defaultRoute("na", "198.51.100.1");
        namespaces.defaultRoute("nb", "198.51.100.5");
        namespaces.defaultRoute("relay", "203.0.113.1");
        namespaces.defaultRoute("stun", "203.0.113.5");
        endpointIndependent();
    }

    /** A stock STUN server, which listens as long as it is not closed; its log is {@code stun.log} in the folder. */
    AutoCloseable startStun(Path folder) throws IOException {
        Process stun = new ProcessBuilder(Namespaces.command(
                        "stun",
                        "turnserver",
                        "-n",
                        "--stun-only",
                        "--no-cli",
                        "-L",
                        STUN,
                        "--no-tls",
                        "--no-dtls",
                        "--log-file=stdout",
                        "--pidfile=" + folder.resolve("stun.pid")))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("stun.log").toFile())
                .start();
        return stun::destroy;
    }

    /** The usual home router. */
    void endpointIndependent() {
        nat("masquerade");
    }

    /** Another random port for each destination. */
    void symmetric() {
        nat("masquerade fully-random");
    }

    private void nat(String translation) {
        for (String router : new String[] {"na", "nb"}) {
            namespaces.nft(router, TRANSLATE.formatted(translation) + FILTER);
            namespaces.tryIn(router, "conntrack", "-F");
        }
    }

    @Override
    public void close() {
        namespaces.close();
    }
}
