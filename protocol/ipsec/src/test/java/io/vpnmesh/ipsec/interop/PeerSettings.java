// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The peer's configuration in the words of its implementation; the defaults here are in those of swanctl.conf(5) and
 * strongswan.conf(5).
 *
 * @param connection keys of the connection
 * @param child keys of its one child
 * @param daemon keys of the daemon
 * @param expected the identity that the peer demands of us; empty for the true one
 */
record PeerSettings(
        Map<String, String> connection, Map<String, String> child, Map<String, String> daemon, String expected) {

    static final PeerSettings DEFAULT = new PeerSettings(
            ordered(
                    "proposals", "aes256gcm16-prfsha256-x25519",
                    "mobike", "no",
                    "encap", "yes",
                    "dpd_delay", "3",
                    "fragmentation", "yes"),
            ordered(
                    "local_ts", "10.77.0.2/32",
                    "remote_ts", "10.77.0.1/32",
                    "esp_proposals", "aes256gcm16-noesn",
                    "dpd_action", "clear"),
            ordered("fragment_size", "1200", "retransmit_timeout", "1", "retransmit_tries", "3"),
            "");

    PeerSettings connection(String key, String value) {
        return new PeerSettings(Setup.plus(connection, key, value), child, daemon, expected);
    }

    PeerSettings child(String key, String value) {
        return new PeerSettings(connection, Setup.plus(child, key, value), daemon, expected);
    }

    PeerSettings daemon(String key, String value) {
        return new PeerSettings(connection, child, Setup.plus(daemon, key, value), expected);
    }

    PeerSettings expects(String identity) {
        return new PeerSettings(connection, child, daemon, identity);
    }

    static Map<String, String> ordered(String... keysAndValues) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }
}
