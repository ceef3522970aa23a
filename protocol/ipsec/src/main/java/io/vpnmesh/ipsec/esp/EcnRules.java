// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

/**
 * How congestion marks and DSCP cross the tunnel (RFC 6040, RFC 4301 section 5.1.2). Pure functions over the traffic
 * class byte (DSCP 6 bits, ECN 2 bits), so a packet loop calls them without a branch on objects.
 */
public final class EcnRules {

    /** How the outer ECN field is made on the way in (RFC 6040 section 4.1). */
    public enum Mode {
        /** The inner field is copied: for peers that obey these rules when they take the packet out. */
        NORMAL,
        /** The outer field is Not-ECT: for peers that might lose a congestion mark. */
        COMPATIBILITY
    }

    /** The packet must be dropped: congestion was met, and the inner sender cannot be told. */
    public static final int DROP = -1;

    public static final int NOT_ECT = 0;
    public static final int ECT_1 = 1;
    public static final int ECT_0 = 2;
    public static final int CE = 3;

    private static final int ECN = 0b11;
    private static final int DSCP = 0b1111_1100;

    /**
     * RFC 6040 section 4.2, figure 4: the outgoing field by inner (row) and outer field (column), each in the order
     * Not-ECT, ECT(1), ECT(0), CE of their codes.
     */
    private static final byte[] OUTGOING = {
        NOT_ECT, NOT_ECT, NOT_ECT, DROP, // a CE for who cannot understand it: the drop is the mark
        ECT_1, ECT_1, ECT_1, CE,
        ECT_0, ECT_1, ECT_0, CE,
        CE, CE, CE, CE
    };

    private EcnRules() {}

    /**
     * The traffic class of the outer header.
     *
     * @param innerTrafficClass of the packet that is about to be sealed, 0 to 255
     * @param copyDscp whether the network outside may see and use the DSCP; it is 0 otherwise
     */
    public static int outer(int innerTrafficClass, Mode mode, boolean copyDscp) {
        int ecn = mode == Mode.NORMAL ? innerTrafficClass & ECN : NOT_ECT;
        return copyDscp ? innerTrafficClass & DSCP | ecn : ecn;
    }

    /**
     * The traffic class of the inner packet once it is out of the tunnel: its own DSCP, and the ECN field that both
     * headers make together; {@link #DROP} for the one combination that has no answer. The same in both modes.
     */
    public static int inner(int innerTrafficClass, int outerTrafficClass) {
        int ecn = OUTGOING[(innerTrafficClass & ECN) << 2 | outerTrafficClass & ECN];
        return ecn < 0 ? DROP : innerTrafficClass & DSCP | ecn;
    }

    /**
     * Applies {@link #inner(int, int)} to an opened packet in place, with the checksum of an IPv4 header kept right
     * (RFC 1624). False when it must be dropped.
     *
     * <p>Shape: an IPv4 or IPv6 header at {@code offset}, its sanity checked before, as {@link EspOpener} does.
     */
    public static boolean markInner(byte[] packet, int offset, int outerTrafficClass) {
        boolean v4 = packet[offset] >>> 4 == 4;
        int before = v4 ? packet[offset + 1] & 0xFF : (packet[offset] & 0xF) << 4 | packet[offset + 1] >>> 4 & 0xF;
        int after = inner(before, outerTrafficClass);
        if (after == before) {
            return true;
        }
        if (after == DROP) {
            return false;
        }
        if (v4) {
            packet[offset + 1] = (byte) after;
            int sum = (~u16(packet, offset + 10) & 0xFFFF) + (~before & 0xFFFF) + after;
            sum = (sum & 0xFFFF) + (sum >>> 16);
            int checksum = ~(sum + (sum >>> 16)) & 0xFFFF;
            packet[offset + 10] = (byte) (checksum >>> 8);
            packet[offset + 11] = (byte) checksum;
        } else {
            packet[offset] = (byte) (packet[offset] & 0xF0 | after >>> 4);
            packet[offset + 1] = (byte) (packet[offset + 1] & 0x0F | after << 4);
        }
        return true;
    }

    private static int u16(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
    }
}
