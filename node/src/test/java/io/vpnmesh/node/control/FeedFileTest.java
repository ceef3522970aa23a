// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.node.TestAuthority;
import io.vpnmesh.node.identity.NodeCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeedFileTest {

    private final TestAuthority authority = new TestAuthority();
    private final List<String> heard = new ArrayList<>();
    private long writes;

    @TempDir
    private Path folder;

    private Path file;
    private FeedFile feed;

    @BeforeEach
    void open() {
        file = folder.resolve("feed");
        feed = new FeedFile(file, new ControlListener() {
            @Override
            public void onFeed(FeedEvent event) {
                heard.add(event.type() + " " + event.object().key());
            }

            @Override
            public void onConnected(boolean connected) {}

            @Override
            public void onCredentials(NodeCredentials credentials) {}
        });
    }

    private void write(String... lines) throws IOException {
        Files.write(file, Arrays.asList(lines));
        Files.setLastModifiedTime(file, FileTime.fromMillis(++writes * 1000));
        heard.clear();
        feed.look();
    }

    private String line(int node) {
        return FeedCodec.encode(new FeedEvent(
                FeedEvent.Type.ADDED, new FeedObject.PeerObject(authority.cluster, authority.peer(node, 1)), ""));
    }

    private String key(int node) {
        return "peer/" + authority.identity(node, 1).node();
    }

    @Test
    void eachVersionOfTheFileIsAList() throws IOException {
        write(line(1), "# a comment", line(2));
        assertThat(heard).containsExactly("ADDED " + key(1), "ADDED " + key(2), "BOOKMARK bookmark");

        write(line(2), line(3));
        assertThat(heard).containsExactly("ADDED " + key(3), "DELETED " + key(1), "BOOKMARK bookmark");
    }

    @Test
    void unchangedFileIsNotReadAgain() throws IOException {
        write(line(1));
        heard.clear();

        feed.look();

        assertThat(heard).isEmpty();
    }

    @Test
    void brokenFileChangesNothing() throws IOException {
        write(line(1));

        write(line(2), "{broken");
        assertThat(heard).isEmpty();

        write(line(1), line(2));
        assertThat(heard).containsExactly("ADDED " + key(2), "BOOKMARK bookmark");
    }
}
