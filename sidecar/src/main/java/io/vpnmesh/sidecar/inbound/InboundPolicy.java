// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.inbound;

import io.vpnmesh.core.net.IpView;
import io.vpnmesh.sidecar.packet.PacketHeader;
import java.util.random.RandomGenerator;

/**
 * Decides whether a decapsulated packet may go to the pod. What opens a flow needs a rule; what answers a flow of ours,
 * or belongs to one that was let in, passes.
 *
 * <p>Two tables with one writer each: the outbound thread notes what leaves, the inbound thread what was let in, and
 * no packet takes a lock.
 */
public final class InboundPolicy {

    /** Flows each way; a pod with more talks to so many that the oldest of a set are idle. 16 bytes each. */
    private static final int CAPACITY = 16384;
    /** RFC 5382 REQ-5: an idle TCP connection lives 2 hours 4 minutes at least. */
    private static final int TCP_SECONDS = 7440;
    /** RFC 4787 REQ-5 recommends 5 minutes. */
    private static final int OTHER_SECONDS = 300;
    /**
     * After a start the tables are empty while connections of before live on: segments that cannot open a connection
     * pass for so long, and their flows are noted.
     */
    private static final int ADOPTION_SECONDS = 300;

    private static final int ICMP_HEADER = 8;

    private final InboundRules rules;
    private final FlowHash hash;
    private final FlowTable sent = new FlowTable(CAPACITY);
    private final FlowTable admitted = new FlowTable(CAPACITY);

    public InboundPolicy(InboundRules rules, RandomGenerator random) {
        this.rules = rules;
        this.hash = new FlowHash(random.nextLong(), random.nextLong());
    }

    /** Notes what the pod sends. Outbound thread only. */
    public void sent(PacketHeader packet, int nowSeconds) {
        if (!packet.isLaterFragment()) {
            sent.see(hash.of(packet), nowSeconds);
        }
    }

    /** Whether the packet may go to the pod. Inbound thread only. Units: seconds since the process started. */
    public boolean admits(byte[] buffer, PacketHeader packet, int nowSeconds) {
        // A later fragment is worthless without the first one, which is judged by its ports.
        if (packet.isLaterFragment()) {
            return true;
        }
        if (packet.isIcmpError()) {
            return quotesOurs(buffer, packet, nowSeconds);
        }
        boolean opens = packet.protocol() != IpView.TCP || packet.opensTcp();
        int maxAge = packet.protocol() == IpView.TCP ? TCP_SECONDS : OTHER_SECONDS;
        long own = hash.of(packet);
        if ((opens && rules.mayOpen(packet)) || isAdopted(packet, nowSeconds)) {
            admitted.see(own, nowSeconds);
            return true;
        }
        if (packet.opensTcp()) {
            return false;
        }
        if (admitted.isKnown(own, nowSeconds, maxAge)) {
            admitted.see(own, nowSeconds);
            return true;
        }
        return !packet.isEchoRequest() && sent.isKnown(hash.ofReply(packet), nowSeconds, maxAge);
    }

    private static boolean isAdopted(PacketHeader packet, int nowSeconds) {
        return packet.protocol() == IpView.TCP && !packet.isTcpSyn() && nowSeconds < ADOPTION_SECONDS;
    }

    private boolean quotesOurs(byte[] buffer, PacketHeader packet, int nowSeconds) {
        long quoted = QuotedFlow.hash(
                hash, buffer, packet.ip().l4Offset() + ICMP_HEADER, packet.ip().l4Length() - ICMP_HEADER);
        return quoted != 0 && sent.isKnown(quoted, nowSeconds, TCP_SECONDS);
    }

    public InboundRules rules() {
        return rules;
    }
}
