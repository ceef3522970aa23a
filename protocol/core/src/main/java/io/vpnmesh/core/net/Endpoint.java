// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.net;

/**
 * A UDP or TCP address.
 *
 * @param port 0 to 65535; 0 only where no port is meant
 */
public record Endpoint(IpAddress address, int port) {

    /** Stands for "not a real address": a message that travels as signalling, a socket that the owner chooses. */
    public static final Endpoint UNSPECIFIED = new Endpoint(IpAddress.ANY_V4, 0);

    public Endpoint {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is not in 0..65535");
        }
    }

    /** Parses {@code 192.0.2.1:4500} or {@code [2001:db8::1]:4500}; IllegalArgumentException for anything else. */
    public static Endpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException("not ADDRESS:PORT: " + text);
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("write an IPv6 endpoint as [ADDRESS]:PORT: " + text);
        }
        try {
            return new Endpoint(IpAddress.parse(host), Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not ADDRESS:PORT: " + text, e);
        }
    }

    public boolean isUnspecified() {
        return equals(UNSPECIFIED);
    }

    @Override
    public String toString() {
        return (address.isV4() ? address.toString() : "[" + address + "]") + ":" + port;
    }
}
