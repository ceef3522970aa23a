// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.vpnmesh.e2e.net.NatBehaviour;
import io.vpnmesh.e2e.run.LabException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/// A download through the overlay while the client's NAT is replaced: endpoint-independent, symmetric, and back.
public final class Film {
    /// At this rate the file lasts longer than both switches take.
    private static final String RATE = "3M";

    private static final int FILE_MEBIBYTES = 150;
    private static final Duration SWITCH = Duration.ofSeconds(45);
    private static final Duration DOWNLOAD = Duration.ofSeconds(150);

    private final Overlay overlay;
    private final Progress progress;

    public Film(Overlay overlay, Progress progress) {
        this.overlay = overlay;
        this.progress = progress;
    }

    /// @param toRelay  the longest time without a byte around the switch to the relay
    /// @param toDirect the same around the switch back
    public record Outcome(Duration toRelay, Duration toDirect, String relayedReason, Download.Result download) {}

    /// Errors: [LabException] when a path does not change, or the bytes that arrive are not those that were sent.
    public Outcome play() {
        Member web = overlay.web();
        Member client = overlay.client();
        String expected = web.exec(
                        "sh",
                        "-c",
                        "f=/srv/film.bin; [ -f $f ] || dd if=/dev/urandom of=$f bs=1M count=" + FILE_MEBIBYTES
                                + " 2>/dev/null; sha256sum $f | cut -d' ' -f1")
                .orThrow();
        awaitPath(client, web, "direct");
        String url = "http://" + web.address() + "/film.bin";
        try (Download download =
                Download.start(overlay.b(), client.namespace(), client.pod(), client.app(), url, RATE)) {
            Await.until("the download to begin", SWITCH, () -> download.receivedBytes() > 1 << 20, () -> "no bytes");
            download.takeLongestGap();
            progress.say("the download runs, direct; now b's NAT becomes symmetric and forgets everything");
            overlay.siteB().nat(NatBehaviour.SYMMETRIC);
            awaitPath(client, web, "relayed");
            awaitBytes(download);
            Duration toRelay = download.takeLongestGap();
            progress.say("relayed; longest gap %s".formatted(shown(toRelay)));
            SidecarStatus.Peer relayed = awaitReason(client, web, "SymmetricNat");
            progress.say("and why: %s".formatted(relayed.reason()));
            overlay.siteB().nat(NatBehaviour.ENDPOINT_INDEPENDENT);
            progress.say("b's NAT is endpoint-independent again");
            awaitPath(client, web, "direct");
            awaitBytes(download);
            Duration toDirect = download.takeLongestGap();
            progress.say("direct again; longest gap %s".formatted(shown(toDirect)));
            if (!download.isRunning()) {
                throw new LabException("the download ended before the second switch: raise Film.FILE_MEBIBYTES");
            }
            Download.Result result = progress.step("the download ends", () -> download.await(DOWNLOAD));
            if (result.exit() != 0 || !result.sha256().equals(expected)) {
                throw new LabException("curl ended with %d and %d bytes, checksum %s instead of %s"
                        .formatted(result.exit(), result.bytes(), result.sha256(), expected));
            }
            progress.say("%d MiB, checksum right".formatted(result.bytes() >> 20));
            return new Outcome(toRelay, toDirect, String.valueOf(relayed.reason()), result);
        }
    }

    private static void awaitBytes(Download download) {
        long from = download.receivedBytes();
        Await.until(
                "bytes after the switch",
                SWITCH,
                () -> download.receivedBytes() > from + (1 << 20) || !download.isRunning(),
                () -> download.receivedBytes() + " bytes in all");
    }

    /// Waits until the client's sidecar reaches the web server in this way, and returns what its status says.
    public static SidecarStatus.Peer awaitPath(Member from, Member to, String path) {
        return Await.present(
                "the path %s → %s to be %s".formatted(from.app(), to.app(), path),
                SWITCH,
                () -> from.pathTo(to).filter(peer -> path.equals(peer.path())),
                () -> Optional.of(from.pathTo(to)).toString() + " and back " + to.pathTo(from));
    }

    /// A path is left within a second; why no other direct one is found is known when all have been tried.
    private static SidecarStatus.Peer awaitReason(Member from, Member to, String reason) {
        return Await.present(
                "the path %s → %s to be relayed because of %s".formatted(from.app(), to.app(), reason),
                SWITCH,
                () -> from.pathTo(to)
                        .filter(SidecarStatus.Peer::isRelayed)
                        .filter(peer -> reason.equals(peer.reason())),
                () -> Optional.of(from.pathTo(to)).toString());
    }

    static String shown(Duration time) {
        return String.format(Locale.ROOT, "%.2f s", time.toNanos() / 1e9);
    }
}
