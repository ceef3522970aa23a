// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.net;

/** Text of IPv6 addresses: parses RFC 4291 section 2.2, prints RFC 5952. */
final class Ipv6Text {

    private static final int GROUPS = 8;

    private Ipv6Text() {}

    static IpAddress parse(String text) {
        int gap = text.indexOf("::");
        int[] groups = new int[GROUPS];
        if (gap < 0) {
            if (fill(groups, text, 0) != GROUPS) {
                throw bad(text);
            }
        } else {
            String tail = text.substring(gap + 2);
            int head = fill(groups, text.substring(0, gap), 0);
            int[] last = new int[GROUPS];
            int tailCount = fill(last, tail, 0);
            if (head + tailCount >= GROUPS || tail.contains("::")) {
                throw bad(text);
            }
            System.arraycopy(last, 0, groups, GROUPS - tailCount, tailCount);
        }
        long high = 0;
        long low = 0;
        for (int i = 0; i < 4; i++) {
            high = high << 16 | groups[i];
            low = low << 16 | groups[i + 4];
        }
        return new IpAddress(6, high, low);
    }

    /** Writes the groups of {@code text} from {@code at} on; returns the count. */
    private static int fill(int[] groups, String text, int at) {
        if (text.isEmpty()) {
            return 0;
        }
        String[] parts = text.split(":", -1);
        int count = 0;
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i];
            if (i == parts.length - 1 && part.indexOf('.') >= 0 && at + count + 2 <= GROUPS) {
                long v4 = IpAddress.parse(part).low();
                groups[at + count++] = (int) (v4 >>> 16);
                groups[at + count++] = (int) (v4 & 0xFFFF);
                continue;
            }
            if (part.isEmpty() || part.length() > 4 || at + count >= GROUPS) {
                throw bad(text);
            }
            for (int c = 0; c < part.length(); c++) {
                if (Character.digit(part.charAt(c), 16) < 0 || part.charAt(c) > 'f') {
                    throw bad(text);
                }
            }
            groups[at + count++] = Integer.parseInt(part, 16);
        }
        return count;
    }

    static String format(long high, long low) {
        int[] groups = new int[GROUPS];
        for (int i = 0; i < 4; i++) {
            groups[i] = (int) (high >>> 48 - 16 * i) & 0xFFFF;
            groups[i + 4] = (int) (low >>> 48 - 16 * i) & 0xFFFF;
        }
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < GROUPS; i++) {
            int length = 0;
            while (i + length < GROUPS && groups[i + length] == 0) {
                length++;
            }
            if (length > bestLength) {
                bestStart = i;
                bestLength = length;
            }
        }
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < GROUPS; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }

    private static IllegalArgumentException bad(String text) {
        return new IllegalArgumentException("not an IP address: " + text);
    }
}
