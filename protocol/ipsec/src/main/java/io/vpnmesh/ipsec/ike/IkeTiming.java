// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

/**
 * Times in nanoseconds.
 *
 * @param firstRetransmitNs wait before the first repetition of a request; doubles up to {@code maxRetransmitNs}
 * @param retransmissions repetitions before the peer counts as gone
 * @param ikeLifetimeNs age at which the IKE SA is rekeyed; the hard end is half as much later
 * @param oldInboundNs how long a replaced inbound SA still opens late packets
 * @param duplicateLingerNs how long the losing SA of a crossing stays
 */
public record IkeTiming(
        long firstRetransmitNs,
        long maxRetransmitNs,
        int retransmissions,
        long ikeLifetimeNs,
        long oldInboundNs,
        long duplicateLingerNs) {

    private static final long MS = 1_000_000L;
    private static final long S = 1_000 * MS;

    /** 0.5, 1, 2, 4, 4, 4, 4 s: a peer counts as gone after 19.5 s of silence. */
    public static final IkeTiming DEFAULT = new IkeTiming(500 * MS, 4 * S, 6, 4 * 3600 * S, 30 * S, S);

    public IkeTiming {
        if (firstRetransmitNs <= 0 || maxRetransmitNs < firstRetransmitNs || retransmissions < 0) {
            throw new IllegalArgumentException("retransmission times must grow");
        }
    }

    /** From the first sending of a request to the verdict that the peer does not answer. */
    public long retransmissionBudgetNs() {
        long total = 0;
        long interval = firstRetransmitNs;
        for (int sent = 0; sent <= retransmissions; sent++) {
            total += interval;
            interval = Math.min(2 * interval, maxRetransmitNs);
        }
        return total;
    }

    /**
     * How long a peer with these times may go on asking for an answer of ours again, and so may need what it has begun with
     * us; RFC 9370 section 2.2.4 finds 5 to 20 s between two key exchanges appropriate.
     */
    public long recallNs() {
        return retransmissionBudgetNs() + maxRetransmitNs;
    }
}
