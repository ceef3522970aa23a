// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.record.Checked;
import io.vpnmesh.directory.record.Frame;
import io.vpnmesh.directory.record.FrameCodec;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RecordStore;
import io.vpnmesh.directory.record.Signer;
import io.vpnmesh.directory.record.StoreOutcome;
import io.vpnmesh.operator.ca.MemorySecrets;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.ca.Meshes;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class FramePublisherTest {

    private final Instant now = Instant.now();

    private final MeshKeys keys = Meshes.keys(Meshes.founding("blue"), new MemorySecrets());
    private final CertificateVerifier verifier = new CertificateVerifier(List.of(keys.root()), List.of());
    private final RecordStore receiver = new RecordStore();
    private final FramePublisher publisher = publisher();

    @Test
    void othersSeeWhatWasPublishedStepByStep() {
        apply(publisher.update(List.of(record("a", 1)), now).orElseThrow());
        apply(publisher.update(List.of(record("a", 1), record("b", 2)), now).orElseThrow());
        apply(publisher.update(List.of(record("b", 2)), now).orElseThrow());

        assertThat(receiver.records(keys.clusterId())).containsExactly(record("b", 2));
        assertThat(receiver.sequence(keys.clusterId())).isEqualTo(publisher.sequence());
        assertThat(receiver.digest(keys.clusterId()).matches(publisher.digest()))
                .isTrue();
    }

    @Test
    void firstFrameIsASnapshotEvenWithoutRecords() {
        Frame frame = verify(publisher.update(List.of(), now).orElseThrow());

        assertThat(frame.isSnapshot()).isTrue();
        assertThat(publisher.update(List.of(), now)).isEmpty();
    }

    @Test
    void snapshotBringsAReceiverThatMissedAStepUpToDate() {
        apply(publisher.update(List.of(record("a", 1)), now).orElseThrow());
        assertThat(publisher.update(List.of(record("b", 2)), now))
                .as("the step that is lost")
                .isPresent();
        byte[] third =
                publisher.update(List.of(record("b", 2), record("c", 3)), now).orElseThrow();

        assertThat(receiver.accept(verify(third), 0)).isInstanceOf(StoreOutcome.Gap.class);
        apply(publisher.snapshot(now));

        assertThat(receiver.records(keys.clusterId())).containsExactlyInAnyOrder(record("b", 2), record("c", 3));
    }

    @Test
    void newLeaderContinuesBeyondWhatWasSeenAndWithdrawsNothing() {
        apply(publisher
                .update(List.of(record("a", 1)), now.plus(Duration.ofHours(1)))
                .orElseThrow());
        long seen = publisher.sequence();
        FramePublisher next = publisher();
        byte[] tooOld = next.update(List.of(record("a", 1)), now).orElseThrow();

        assertThat(receiver.accept(verify(tooOld), 0)).isInstanceOf(StoreOutcome.Stale.class);
        assertThat(next.observe(seen)).isTrue();
        apply(next.newSnapshot(now));

        assertThat(receiver.records(keys.clusterId())).containsExactly(record("a", 1));
        assertThat(next.sequence()).isGreaterThan(seen);
    }

    @Test
    void manyStepsEndInASnapshot() {
        assertThat(publisher.update(List.of(), now)).isPresent();
        boolean snapshot = false;
        for (int i = 1; i <= 600 && !snapshot; i++) {
            snapshot = verify(publisher.update(List.of(record("a", i)), now).orElseThrow())
                    .isSnapshot();
        }

        assertThat(snapshot).isTrue();
    }

    private FramePublisher publisher() {
        return new FramePublisher(
                keys.clusterId(),
                new Signer(
                        keys.directoryPair().privateKey(),
                        List.of(keys.directoryCertificate(now, Duration.ofDays(1)), keys.intermediate()),
                        new SecureRandom()));
    }

    private void apply(byte[] frame) {
        assertThat(receiver.accept(verify(frame), 0)).isInstanceOf(StoreOutcome.Applied.class);
    }

    private Frame verify(byte[] frame) {
        return switch (FrameCodec.verify(frame, verifier, now)) {
            case Checked.Valid<Frame> valid -> valid.value();
            case Checked.Refused<Frame> refused -> throw new AssertionError(refused.message());
        };
    }

    private PeerRecord record(String uid, long generation) {
        NodeIdentity identity = new NodeIdentity(
                keys.meshId(),
                keys.clusterId(),
                keys.nodeOf(uid),
                generation,
                NodeRole.SIDECAR,
                "shop",
                "default",
                List.of(IpAddress.parse("198.18.0." + (uid.charAt(0) - 'a' + 1))));
        return PeerRecord.sidecar(identity, uid, List.of());
    }
}
