// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.nat.relay.RelayClientEvent;
import io.vpnmesh.nat.signal.SignalKind;
import io.vpnmesh.node.identity.NodeCredentials;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A relay with several addresses on one socket: each client sees the one that it speaks to, and no other. */
@Timeout(60)
class RelayAddressesIT {

    private final TestMesh mesh = new TestMesh();
    private final NodeCredentials relayCredentials = mesh.relayCredentials();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Relay relay;
    private TestClient a;
    private TestClient b;

    @BeforeEach
    void start() throws IOException {
        relay = mesh.startRelay(relayCredentials, new Endpoint(new IpAddress(6, 0, 0), 0));
        a = client(20, "127.0.0.1");
        b = client(21, "127.0.0.2");
    }

    private TestClient client(int node, String relayAddress) throws IOException {
        TestClient client =
                new TestClient(mesh, mesh.sidecar(node, 1, "198.18.0." + node), relayCredentials, at(relayAddress));
        open.add(client);
        return client;
    }

    private Endpoint at(String relayAddress) {
        return new Endpoint(IpAddress.parse(relayAddress), relay.udpPort());
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
        relay.close();
    }

    @Test
    void clientAttachesAtTheSecondAddress() throws Exception {
        assertThat(b.attach()).isEqualTo(b.currentTuple());
    }

    @Test
    void forwardsToEachClientFromTheAddressThatItProved() throws Exception {
        a.attach();
        b.attach();
        int spiOfA = a.lease();
        int spiOfB = b.lease();

        a.sendRaw(esp(spiOfB));
        b.sendRaw(esp(spiOfA));

        assertThat(b.await(TestClient.Forwarded.class).source()).isEqualTo(at("127.0.0.2"));
        assertThat(a.await(TestClient.Forwarded.class).source()).isEqualTo(at("127.0.0.1"));
    }

    @Test
    void signallingAndGoodbyeReachTheClientAtTheSecondAddress() throws Exception {
        a.attach();
        b.attach();

        a.signal(SignalKind.HINT_CANDIDATES, b.credentials.identity().node(), new byte[] {7});
        assertThat(b.await(RelayClientEvent.PeerSignal.class).signal().body()).containsExactly(7);
        PeerRecord record = PeerRecord.sidecar(b.credentials.identity(), "web", List.of());
        FeedObject object = new FeedObject.PeerObject(mesh.cluster, record);
        relay.onFeed(new FeedEvent(FeedEvent.Type.DELETED, object, "1"));

        b.await(IkeEvent.Closed.class);
        assertThat(b.sources).containsOnly(at("127.0.0.2"));
    }

    private byte[] esp(int spi) {
        byte[] packet = new byte[200];
        mesh.random.nextBytes(packet);
        ByteBuffer.wrap(packet).putInt(0, spi).put(4, (byte) 0);
        return packet;
    }
}
