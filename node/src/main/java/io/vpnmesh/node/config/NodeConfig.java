// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.config;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.transport.crypto.AeadChoice;
import io.vpnmesh.transport.tun.TunOffload;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a sidecar or a relay. Relay and sidecar read the same settings and use their part.
 *
 * @param suite the kind of key to make before enrolment
 * @param aead who seals packets, by its name, or {@code auto}; always the JDK with the suite {@code fips}
 * @param stateDir key, certificates, last feed; survives the process, not the pod
 * @param udpPort 0 = any free port
 * @param tunOffload at most so much is asked of the kernel
 * @param mtu inner MTU in bytes; 0 = computed from the outer one
 * @param inbound {@code all}, {@code none} or {@code declared:tcp/80,udp/53}
 * @param startupWaits whether the pod's own containers wait for the certificate
 * @param ticketKeyFile relay only: the key that the relays of a mesh share for lease tickets
 */
public record NodeConfig(
        ControlSource control,
        SuiteName suite,
        String aead,
        Path stateDir,
        PodInfo pod,
        int udpPort,
        Path tunDevice,
        String tunName,
        TunOffload tunOffload,
        int mtu,
        String inbound,
        boolean startupWaits,
        int healthPort,
        int metricsPort,
        int tlsPort,
        Path ticketKeyFile,
        System.Logger.Level logLevel) {

    public static final int HEALTH_PORT = 29901;
    public static final int METRICS_PORT = 29902;
    public static final int RELAY_UDP_PORT = 4500;
    public static final int RELAY_TLS_PORT = 8443;

    private static final int MIN_MTU = 576;
    private static final int MAX_MTU = 65_535;

    private static final List<String> KNOWN = List.of(
            "operator.url",
            "operator.tls-name",
            "token.file",
            "ca.file",
            "crypto.suite",
            "crypto.aead",
            "state.dir",
            "tun.device",
            "tun.name",
            "tun.offload",
            "pod.ip",
            "host.ip",
            "pod.name",
            "pod.namespace",
            "pod.uid",
            "pod.service-account",
            "mtu",
            "inbound",
            "startup",
            "health.port",
            "metrics.port",
            "udp.port",
            "tls.port",
            "ticket.key-file",
            "log.level",
            "identity.dir",
            "feed.file");

    /** For a sidecar: the UDP port is any free one unless set. */
    public static NodeConfig ofSidecar(Settings settings) throws ConfigException {
        return of(settings, 0);
    }

    /** For a relay: the UDP port is 4500 unless set. */
    public static NodeConfig ofRelay(Settings settings) throws ConfigException {
        return of(settings, RELAY_UDP_PORT);
    }

    private static NodeConfig of(Settings settings, int udpPort) throws ConfigException {
        settings.refuseUnknown(KNOWN);
        return new NodeConfig(
                control(settings),
                suite(settings),
                aead(settings),
                settings.path("state.dir", "/var/run/vpnmesh/state"),
                pod(settings),
                settings.port("udp.port", udpPort),
                settings.path("tun.device", "/var/run/vpnmesh/dev/tun"),
                settings.text("tun.name", "mesh0"),
                tunOffload(settings),
                settings.number("mtu", 0, MIN_MTU, MAX_MTU),
                settings.text("inbound", "none"),
                isWaiting(settings),
                settings.port("health.port", HEALTH_PORT),
                settings.port("metrics.port", METRICS_PORT),
                settings.port("tls.port", RELAY_TLS_PORT),
                settings.path("ticket.key-file", "/var/run/vpnmesh/ticket/key"),
                logLevel(settings));
    }

    private static ControlSource control(Settings settings) throws ConfigException {
        Optional<String> identityDir = settings.text("identity.dir");
        Optional<String> operator = settings.text("operator.url");
        if (identityDir.isPresent() == operator.isPresent()) {
            throw new ConfigException("set exactly one of " + settings.spelled("operator.url")
                    + " (inside Kubernetes) and " + settings.spelled("identity.dir") + " (outside)");
        }
        if (identityDir.isPresent()) {
            return new ControlSource.Files(
                    Path.of(identityDir.get()),
                    Path.of(settings.required("feed.file", "the file with the feed, one JSON object a line")));
        }
        return new ControlSource.Operator(
                url(settings, operator.get()),
                settings.required("operator.tls-name", "the DNS name in the operator's certificate"),
                settings.path("token.file", "/var/run/secrets/vpnmesh.io/token"),
                settings.path("ca.file", "/var/run/vpnmesh/ca/ca.crt"));
    }

    private static URI url(Settings settings, String text) throws ConfigException {
        try {
            URI url = new URI(text);
            if ("https".equals(url.getScheme()) && url.getHost() != null) {
                return url;
            }
        } catch (URISyntaxException _) {
            // falls through to the one message
        }
        throw settings.invalid("operator.url", text, "https://ADDRESS:PORT");
    }

    private static SuiteName suite(Settings settings) throws ConfigException {
        String text = settings.text("crypto.suite", SuiteName.DEFAULT.text());
        try {
            return SuiteName.parse(text);
        } catch (IllegalArgumentException _) {
            throw settings.invalid("crypto.suite", text, "default or fips");
        }
    }

    private static String aead(Settings settings) throws ConfigException {
        String text = settings.text("crypto.aead", AeadChoice.AUTO);
        if (!AeadChoice.NAMES.contains(text)) {
            throw settings.invalid("crypto.aead", text, String.join(", ", AeadChoice.NAMES));
        }
        return text;
    }

    private static TunOffload tunOffload(Settings settings) throws ConfigException {
        String text = settings.text("tun.offload", TunOffload.TCP_UDP.text());
        try {
            return TunOffload.parse(text);
        } catch (IllegalArgumentException _) {
            throw settings.invalid("tun.offload", text, "plain, single, tcp or tcp-udp");
        }
    }

    private static PodInfo pod(Settings settings) throws ConfigException {
        return new PodInfo(
                address(settings, "pod.ip"),
                address(settings, "host.ip"),
                settings.text("pod.name", ""),
                settings.text("pod.namespace", ""),
                settings.text("pod.uid", ""),
                settings.text("pod.service-account", ""));
    }

    private static @Nullable IpAddress address(Settings settings, String name) throws ConfigException {
        Optional<String> text = settings.text(name);
        try {
            return text.map(IpAddress::parse).orElse(null);
        } catch (IllegalArgumentException _) {
            throw settings.invalid(name, text.orElse(""), "an IPv4 or IPv6 address");
        }
    }

    private static boolean isWaiting(Settings settings) throws ConfigException {
        String text = settings.text("startup", "wait");
        return switch (text) {
            case "wait" -> true;
            case "background" -> false;
            default -> throw settings.invalid("startup", text, "wait or background");
        };
    }

    private static System.Logger.Level logLevel(Settings settings) throws ConfigException {
        String text = settings.text("log.level", "info");
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "debug" -> System.Logger.Level.DEBUG;
            case "info" -> System.Logger.Level.INFO;
            case "warn", "warning" -> System.Logger.Level.WARNING;
            case "error" -> System.Logger.Level.ERROR;
            default -> throw settings.invalid("log.level", text, "debug, info, warn or error");
        };
    }

    /** Where probes, status and metrics listen: the pod's own address, or loopback outside Kubernetes. */
    public IpAddress healthAddress() {
        return pod.ip() == null ? IpAddress.v4(0x7F00_0001) : pod.ip();
    }
}
