// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A or B of a {@link WireScript}: an engine whose messages can be read and whose nonces are chosen. */
final class ScriptedHost {

    private static final Map<String, UnaryOperator<IkeSettings>> SETTINGS = Map.of(
            "classic", s -> s.withSuite(SuiteName.DEFAULT, false),
            "hybrid", s -> s.withSuite(SuiteName.DEFAULT, true),
            "p256", s -> s.withSuite(SuiteName.FIPS, false),
            "foreign", s -> s.withExtensions(IkeExtensions.NONE),
            "tokens",
                    s -> s.withExtensions(s.extensions()
                            .withCrashSecret(
                                    SecretBytes.owning(s.identity().node().bytes()))),
            "tickets",
                    s -> s.withExtensions(s.extensions()
                            .withTicketSecret(SecretBytes.owning(TestMesh.bytes(9)))
                            .withResumption()),
            "cookies", s -> s.withLimits(new IkeLimits(0, 16, 4, 10_000_000_000L, 16_384, 32)));

    /** Nonces begin with 0x80, but for one that shall be the lowest. */
    private static final class Nonces extends Random {
        private static final long serialVersionUID = 1;
        private boolean lowest;

        Nonces(long seed) {
            super(seed);
        }

        @Override
        public void nextBytes(byte[] bytes) {
            super.nextBytes(bytes);
            if (bytes.length == 32) {
                bytes[0] = (byte) (lowest ? 0 : 0x80);
                lowest = false;
            }
        }
    }

    final TestNode node;
    final TappedCrypto tap;
    private final Nonces nonces;

    ScriptedHost(TestWire wire, TestMesh mesh, int number, long epoch, List<String> settings) {
        nonces = new Nonces(number + epoch);
        tap = new TappedCrypto(new CheapCrypto(number + epoch));
        IkeSettings all = IkeSettings.of(mesh.member(number), epoch)
                .withSuite(SuiteName.DEFAULT, false)
                .withFragmentBytes(8_000, 8_000);
        for (String word : settings) {
            if (word.matches("[AB]:.*") && !word.startsWith(number == 1 ? "A" : "B")) {
                continue;
            }
            UnaryOperator<IkeSettings> setting = SETTINGS.get(word.replaceFirst("^[AB]:", ""));
            if (setting == null) {
                throw new IllegalArgumentException("no setting '" + word + "'; there are " + SETTINGS.keySet());
            }
            all = setting.apply(all);
        }
        node = wire.add(new TestNode(wire, mesh, number, all, tap, nonces));
    }

    void nextNonceIsLowest() {
        nonces.lowest = true;
    }

    void connect(ScriptedHost to, boolean signalled) {
        int other = to.node.number;
        node.handle(new IkeInput.Connect(
                signalled ? new PeerRef.Signalled(TestMesh.nodeId(other)) : new PeerRef.Direct(to.node.endpoint()),
                TestMesh.nodeId(other),
                List.of(Cidr.host(TestMesh.address(node.number))),
                List.of(Cidr.host(TestMesh.address(other)))));
    }

    /** The session that came up last. */
    long session() {
        return node.last(IkeEvent.Established.class).session();
    }

    List<IkeSa> ikeSas() {
        List<IkeSa> all = new ArrayList<>();
        for (SaOwner owner : node.ike.owners()) {
            if (owner instanceof IkeSession session) {
                all.addAll(session.exchanges().sas());
            }
        }
        return all.stream().distinct().toList();
    }

    List<ChildSa> children() {
        return List.copyOf(node.inbound.values());
    }

    /** What the session that came up last, of those that are left, sends on. */
    @Nullable
    ChildSa sending() {
        return node.all(IkeEvent.Established.class).reversed().stream()
                .filter(up -> node.sending.containsKey(up.session()))
                .findFirst()
                .map(up -> node.sending.get(up.session()))
                .orElse(null);
    }
}
