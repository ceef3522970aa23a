// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.x509.SuiteName;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Walks over everything that an engine holds: what keys there are, what texts they get into, what is left of them. */
class KeyHygieneTest {

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();
    private final TestNode a = wire.add(mesh, 1, s -> s.withExtensions(IkeExtensions.MESH.withResumption()));
    private final TestNode b = wire.add(
            mesh, 2, s -> s.withExtensions(IkeExtensions.MESH.withCrashSecret(SecretBytes.owning(TestMesh.bytes(9)))));

    private void establish() {
        wire.establish(a, b);
    }

    private static long session(TestNode node) {
        return node.only(IkeEvent.Established.class).session();
    }

    @Test
    void noKeyGetsIntoAText() throws IllegalAccessException {
        establish();
        Set<Object> reached = ObjectGraph.reach(a.ike, a.events, b.ike, b.events);
        List<SecretBytes> secrets = secretsIn(reached);
        assertThat(secrets).hasSizeGreaterThan(10);

        for (Object object : reached) {
            String text = String.valueOf(object);
            for (SecretBytes secret : secrets) {
                byte[] bytes = secret.expose();
                assertThat(text.toLowerCase(Locale.ROOT))
                        .as(object.getClass().getName())
                        .doesNotContain(HexFormat.of().formatHex(bytes))
                        .doesNotContain(Arrays.toString(bytes));
                assertThat(text).doesNotContain(Base64.getEncoder().encodeToString(bytes));
            }
        }
    }

    @Test
    void everyKeyOfASessionIsZeroAfterItsEnd() throws IllegalAccessException {
        establish();
        List<SecretBytes> secrets = secretsIn(ObjectGraph.reach(a.ike));
        List<byte[]> bytes = secrets.stream().map(SecretBytes::expose).toList();
        assertThat(bytes).isNotEmpty();

        a.handle(new IkeInput.RekeyIke(session(a)));
        wire.settle();
        a.handle(new IkeInput.Close(session(a), "done"));
        wire.settle();

        assertThat(bytes).allSatisfy(key -> assertThat(key).containsOnly(0));
        assertThat(secretsIn(ObjectGraph.reach(a.ike)))
                .as("nothing is left open")
                .isEmpty();
    }

    private static List<SecretBytes> secretsIn(Set<Object> objects) {
        return objects.stream()
                .filter(SecretBytes.class::isInstance)
                .map(SecretBytes.class::cast)
                .toList();
    }
}
