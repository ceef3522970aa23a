// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import io.vpnmesh.core.x509.SuiteName;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How the two ends of a cell are set up.
 *
 * @param suite of keys, certificates and our own offers
 * @param engine what differs from the defaults in {@link EngineShell}'s configuration
 */
record Setup(SuiteName suite, Chain chain, Wiring wiring, Map<String, String> engine, PeerSettings peer) {

    /** Ed25519, X25519 and AES-GCM over a cable. */
    static final Setup DEFAULT = new Setup(SuiteName.DEFAULT, Chain.GOOD, Wiring.CABLE, Map.of(), PeerSettings.DEFAULT);

    /** ECDSA and P-256 instead. */
    static final Setup P256 = new Setup(
            SuiteName.FIPS,
            Chain.GOOD,
            Wiring.CABLE,
            Map.of(),
            PeerSettings.DEFAULT.connection("proposals", "aes256gcm16-prfsha384-ecp256"));

    Setup with(Chain other) {
        return new Setup(suite, other, wiring, engine, peer);
    }

    Setup with(Wiring other) {
        return new Setup(suite, chain, other, engine, peer);
    }

    Setup engine(String key, String value) {
        return new Setup(suite, chain, wiring, plus(engine, key, value), peer);
    }

    Setup connection(String key, String value) {
        return new Setup(suite, chain, wiring, engine, peer.connection(key, value));
    }

    Setup child(String key, String value) {
        return new Setup(suite, chain, wiring, engine, peer.child(key, value));
    }

    Setup daemon(String key, String value) {
        return new Setup(suite, chain, wiring, engine, peer.daemon(key, value));
    }

    /** The peer accepts nobody else as us. */
    Setup expectsOfUs(String identity) {
        return new Setup(suite, chain, wiring, engine, peer.expects(identity));
    }

    static Map<String, String> plus(Map<String, String> map, String key, String value) {
        Map<String, String> more = new LinkedHashMap<>(map);
        more.put(key, value);
        return more;
    }
}
