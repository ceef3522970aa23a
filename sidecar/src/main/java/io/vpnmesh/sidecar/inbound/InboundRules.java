// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.inbound;

import io.vpnmesh.core.net.IpView;
import io.vpnmesh.sidecar.packet.PacketHeader;
import java.util.BitSet;
import java.util.Locale;

/**
 * Which flows other members may open: everything, nothing, or a list of ports. Echo requests pass unless nothing does.
 *
 * <p>Text form: {@code all}, {@code none}, or {@code declared:tcp/80,udp/53,sctp/36412,tcp/8000-8010}.
 */
public final class InboundRules {

    private enum Mode {
        ALL,
        NONE,
        DECLARED
    }

    private static final String DECLARED_PREFIX = "declared:";

    private final Mode mode;
    private final BitSet tcp = new BitSet();
    private final BitSet udp = new BitSet();
    private final BitSet sctp = new BitSet();
    private final String text;

    private InboundRules(Mode mode, String text) {
        this.mode = mode;
        this.text = text;
    }

    /** Errors: IllegalArgumentException says which part is wrong and what is expected. */
    public static InboundRules parse(String text) {
        String rules = text.strip().toLowerCase(Locale.ROOT);
        if (rules.equals("all")) {
            return new InboundRules(Mode.ALL, rules);
        }
        if (rules.equals("none")) {
            return new InboundRules(Mode.NONE, rules);
        }
        if (rules.equals("declared")) {
            return new InboundRules(Mode.DECLARED, DECLARED_PREFIX);
        }
        if (!rules.startsWith(DECLARED_PREFIX)) {
            throw new IllegalArgumentException(
                    "inbound must be all, none or declared:tcp/PORT,udp/PORT,… and not: " + text);
        }
        InboundRules result = new InboundRules(Mode.DECLARED, rules);
        for (String part : rules.substring(DECLARED_PREFIX.length()).split(",")) {
            if (!part.isBlank()) {
                result.add(part.strip());
            }
        }
        return result;
    }

    private void add(String part) {
        int slash = part.indexOf('/');
        BitSet ports = switch (slash < 0 ? part : part.substring(0, slash)) {
            case "tcp" -> tcp;
            case "udp" -> udp;
            case "sctp" -> sctp;
            default ->
                throw new IllegalArgumentException(
                        "inbound port must be tcp/PORT, udp/PORT or sctp/PORT and not: " + part);
        };
        try {
            String range = part.substring(slash + 1);
            int dash = range.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
            int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
            if (first < 1 || last > 65535 || last < first) {
                throw new IllegalArgumentException("inbound ports are 1 to 65535 and not: " + part);
            }
            ports.set(first, last + 1);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("inbound port must be a number or FIRST-LAST and not: " + part, e);
        }
    }

    /** Whether this packet may open a flow. */
    boolean mayOpen(PacketHeader packet) {
        return switch (mode) {
            case ALL -> true;
            case NONE -> false;
            case DECLARED ->
                switch (packet.protocol()) {
                    case IpView.TCP -> tcp.get(packet.destinationPort());
                    case IpView.UDP -> udp.get(packet.destinationPort());
                    case PacketHeader.SCTP -> sctp.get(packet.destinationPort());
                    default -> packet.isEchoRequest();
                };
        };
    }

    @Override
    public String toString() {
        return text;
    }
}
