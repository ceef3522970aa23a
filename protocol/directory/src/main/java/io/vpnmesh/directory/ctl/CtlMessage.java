// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.ctl;

import io.vpnmesh.core.id.ClusterId;
import java.util.List;

/**
 * A message between an operator and a relay, or between relays. Who speaks is known from TLS; signed things inside
 * carry their own signature and are verified by whoever stores them.
 */
public sealed interface CtlMessage {

    /**
     * The first message of both ends.
     *
     * @param version of the protocol, 1
     * @param software name and version, for people
     * @param founder the sender answers joins
     */
    record Hello(int version, String software, boolean founder) implements CtlMessage {
        public static final int VERSION = 1;
    }

    /** A signed frame ({@code record.FrameCodec}). */
    record Publish(byte[] frame) implements CtlMessage {}

    /** A signed revocation list. */
    record Revocations(byte[] list) implements CtlMessage {}

    /** A signed link state of a relay. */
    record LinkStates(byte[] state) implements CtlMessage {}

    /** Send me what is newer than this, and everything that comes. Empty: everything. */
    record Subscribe(List<ClusterSequence> have) implements CtlMessage {
        public Subscribe {
            have = List.copyOf(have);
        }
    }

    /**
     * What the sender holds of one cluster; who holds other things under the same sequence sends a snapshot.
     *
     * @param buckets {@code record.RecordDigest}, 2048 bytes
     */
    record Digest(ClusterId cluster, long sequence, byte[] buckets) implements CtlMessage {}

    /**
     * Relay to founder: a joiner's request.
     *
     * @param connection number of the joiner's connection at this relay
     * @param request an encoded {@code join.JoinRequest}
     */
    record JoinForward(long connection, byte[] request) implements CtlMessage {}

    /**
     * Founder to relay: hand this to the joiner.
     *
     * @param answer an encoded {@code join.JoinAnswer}
     */
    record JoinAnswered(long connection, byte[] answer) implements CtlMessage {}

    /** What the other end did wrong, or what cannot be done; the sender closes afterwards. */
    record Problem(String reason, String message) implements CtlMessage {}

    /** Something that newer software says; to be skipped. */
    record Unknown(long kind) implements CtlMessage {}

    /** How far somebody has got with a cluster. */
    record ClusterSequence(ClusterId cluster, long sequence) {}
}
