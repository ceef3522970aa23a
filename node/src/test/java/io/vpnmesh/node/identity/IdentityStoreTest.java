// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.node.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityStoreTest {

    private final TestAuthority authority = new TestAuthority();
    private final Instant now = Instant.now();

    @TempDir
    private Path folder;

    @Test
    void nextProcessFindsKeyAndCertificate() throws Exception {
        MeshKeyPair key = new IdentityStore(folder).keyPair(SuiteName.DEFAULT, authority.random);
        NodeCredentials saved = new IdentityStore(folder).save(key, response(key, Duration.ofHours(72)), now);

        IdentityStore next = new IdentityStore(folder);
        MeshKeyPair again = next.keyPair(SuiteName.DEFAULT, authority.random);

        assertThat(again.publicKey()).isEqualTo(key.publicKey());
        NodeCredentials loaded = next.load(again, now).orElseThrow();
        assertThat(loaded.identity()).isEqualTo(saved.identity());
        assertThat(loaded.renewAfter()).isEqualTo(saved.renewAfter());
        assertThat(loaded.tlsChain()).containsExactly(saved.leaf(), authority.full, authority.root);
    }

    private io.vpnmesh.directory.enrol.EnrolResponse response(MeshKeyPair key, Duration validity) {
        return authority.response(key.publicKey(), 1, now, validity, now.plusSeconds(3600));
    }

    @Test
    void everyFileIsItsOwnersOnly() throws Exception {
        IdentityStore store = new IdentityStore(folder);
        MeshKeyPair key = store.keyPair(SuiteName.DEFAULT, authority.random);
        store.save(key, response(key, Duration.ofHours(72)), now);
        store.saveFeed(List.of("{}"));
        store.nextBootEpoch(1);

        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.toList())
                    .hasSize(8)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .as(file.toString())
                            .isEqualTo("r--------"));
        }
    }

    @Test
    void expiredCertificateIsNotUsed() throws Exception {
        IdentityStore store = new IdentityStore(folder);
        MeshKeyPair key = store.keyPair(SuiteName.DEFAULT, authority.random);
        store.save(key, response(key, Duration.ofHours(1)), now);

        assertThat(store.load(key, now)).isPresent();
        assertThat(store.load(key, now.plus(Duration.ofHours(2)))).isEmpty();
    }

    @Test
    void certificateForAnotherKeyIsRefused() throws Exception {
        IdentityStore store = new IdentityStore(folder);
        MeshKeyPair key = store.keyPair(SuiteName.DEFAULT, authority.random);
        MeshKeyPair other = MeshKeyPair.generate(SuiteName.DEFAULT, authority.random);

        assertThatThrownBy(() -> store.save(key, response(other, Duration.ofHours(1)), now))
                .isInstanceOf(UnusableCredentialsException.class)
                .hasMessageContaining("another key");
        assertThat(store.load(key, now)).isEmpty();
    }

    @Test
    void brokenKeyFileIsReplaced() throws Exception {
        Files.writeString(folder.resolve("key.pem"), "garbage");

        MeshKeyPair key = new IdentityStore(folder).keyPair(SuiteName.DEFAULT, authority.random);

        assertThat(Pem.privateKey(Files.readString(folder.resolve("key.pem")))).isEqualTo(key.privateKey());
    }

    @Test
    void bootEpochNeverGoesBack() throws IOException {
        IdentityStore store = new IdentityStore(folder);
        assertThat(store.startedBefore()).isFalse();

        assertThat(store.nextBootEpoch(1000)).isEqualTo(1000);
        assertThat(store.startedBefore()).isTrue();
        assertThat(store.nextBootEpoch(900)).isEqualTo(1001);
        assertThat(store.nextBootEpoch(2000)).isEqualTo(2000);
    }

    @Test
    void folderOutsideKubernetesIsReadAndItsFaultsAreNamed() throws Exception {
        MeshKeyPair key = MeshKeyPair.generate(SuiteName.DEFAULT, authority.random);
        Files.writeString(folder.resolve("key.pem"), Pem.encode(key.privateKey()));
        Files.writeString(folder.resolve("roots.pem"), Pem.encode(authority.root));
        assertThatThrownBy(() -> IdentityFolder.read(folder, now)).hasMessageContaining("chain.pem");

        var leaf = authority.leaf(key.publicKey(), authority.identity(20, 1), now, Duration.ofHours(1));
        Files.writeString(folder.resolve("chain.pem"), Pem.encode(leaf));
        assertThatThrownBy(() -> IdentityFolder.read(folder, now)).hasMessageContaining("intermediate");

        Files.writeString(folder.resolve("chain.pem"), Pem.encode(List.of(leaf, authority.full)));
        assertThat(IdentityFolder.read(folder, now).identity()).isEqualTo(authority.identity(20, 1));
        assertThatThrownBy(() -> IdentityFolder.read(folder, now.plus(Duration.ofHours(2))))
                .hasMessageContaining("EXPIRED");
    }
}
