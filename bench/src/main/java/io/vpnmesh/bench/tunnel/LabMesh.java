// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.cli.lab.LabCommand;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.e2e.run.LabException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** A mesh without Kubernetes, made by {@code kubectl vpnmesh lab} as a user would: a folder for each of its nodes. */
final class LabMesh {

    private static final String CLUSTER = "bench";

    /** Behind the addresses that members get, which follow one another from the prefix's start. */
    private static final int ABSENT_FROM = 1024;

    private final Path home;
    private final Path files;
    private final List<String> nodes = new ArrayList<>();

    /** @param home gets a folder for each node, with its identity and its feed */
    LabMesh(Path home) {
        this.home = home;
        this.files = home.resolve("mesh");
        lab("ca", "--cluster", CLUSTER + "=198.18.0.0/18");
    }

    /** @param udp ADDRESS:PORT */
    void relay(String name, String udp) {
        lab("identity", "--cluster", CLUSTER, "--role", "relay", "--udp", udp, name);
        nodes.add(name);
    }

    /** A pod-like node; returns its overlay address. */
    String member(String name) {
        lab("identity", "--cluster", CLUSTER, name);
        nodes.add(name);
        try {
            return Json.parse(Files.readString(
                            files.resolve("nodes").resolve(name).resolve("peer.json")))
                    .object("object")
                    .texts("addresses")
                    .getFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (MalformedException e) {
            throw new LabException("the lab's own peer.json: " + e.getMessage(), e);
        }
    }

    /** To all nodes, behind the last member. */
    void writeFeed() {
        writeFeed(0);
    }

    /** @param absent members beside ours that the feed tells of, and that do not exist */
    void writeFeed(int absent) {
        try {
            for (String node : nodes) {
                Path folder = Files.createDirectories(home.resolve(node));
                lab(
                        "feed",
                        "--cluster",
                        CLUSTER,
                        "-f",
                        folder.resolve("feed.jsonl").toString());
                addAbsent(folder.resolve("feed.jsonl"), absent);
                Path identity = Files.createDirectories(folder.resolve("identity"));
                for (String file : List.of("key.pem", "chain.pem", "roots.pem")) {
                    Files.copy(
                            files.resolve("nodes").resolve(node).resolve(file),
                            identity.resolve(file),
                            StandardCopyOption.REPLACE_EXISTING,
                            StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Like the last member, but for node and address; a key of their own would only be needed to meet them. */
    private static void addAbsent(Path feed, int count) throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(feed));
        // The list ends with its bookmark.
        lines.removeLast();
        try {
            FeedObject.PeerObject model =
                    (FeedObject.PeerObject) FeedCodec.decode(lines.getLast()).object();
            FeedObject.MeshObject mesh =
                    (FeedObject.MeshObject) FeedCodec.decode(lines.getFirst()).object();
            IpAddress first = mesh.prefixes().getFirst().address().plus(ABSENT_FROM);
            for (int i = 0; i < count; i++) {
                PeerRecord absent = absent(mesh, model, "absent-" + i, first.plus(i));
                FeedObject object = new FeedObject.PeerObject(model.clusterId(), absent);
                lines.add(FeedCodec.encode(new FeedEvent(FeedEvent.Type.ADDED, object, "" + (lines.size() + 1))));
            }
        } catch (MalformedException e) {
            throw new LabException("the lab's own feed: " + e.getMessage(), e);
        }
        lines.add(FeedCodec.encode(FeedEvent.bookmark("" + (lines.size() + 1))));
        Files.write(feed, lines);
    }

    private static PeerRecord absent(
            FeedObject.MeshObject mesh, FeedObject.PeerObject model, String name, IpAddress address) {
        PeerRecord record = model.record();
        return new PeerRecord(
                NodeId.ofPod(mesh.meshId(), model.clusterId(), name),
                record.generation(),
                record.role(),
                List.of(address),
                record.identity(),
                record.homeRelays(),
                record.capabilities(),
                false,
                record.relay(),
                name,
                record.unknown());
    }

    private void lab(String verb, String... arguments) {
        List<String> words = new ArrayList<>(List.of(verb, "--dir", files.toString()));
        words.addAll(List.of(arguments));
        StringWriter errors = new StringWriter();
        int status = new CommandLine(new LabCommand())
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(errors))
                .execute(words.toArray(String[]::new));
        if (status != 0) {
            throw new LabException("kubectl vpnmesh lab " + String.join(" ", words) + ": " + errors);
        }
    }
}
