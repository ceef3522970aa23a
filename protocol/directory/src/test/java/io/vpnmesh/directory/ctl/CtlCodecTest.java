// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.ExampleMesh;
import io.vpnmesh.directory.Vectors;
import io.vpnmesh.directory.ctl.CtlMessage.ClusterSequence;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CtlCodecTest {

    private final ExampleMesh example = new ExampleMesh();

    @Test
    void oneExamplePerKindIsCommitted() throws MalformedException {
        for (Map.Entry<String, CtlMessage> entry : messages().entrySet()) {
            Vectors.same("ctl-" + entry.getKey(), CtlCodec.encode(entry.getValue()));

            assertThat(CtlCodec.decode(Vectors.bytes("ctl-" + entry.getKey())))
                    .usingRecursiveComparison()
                    .isEqualTo(entry.getValue());
        }
    }

    @Test
    void kindOfNewerSoftwareIsNamed() throws MalformedException {
        byte[] body = CtlCodec.encode(new CtlMessage.Unknown(99));

        assertThat(CtlCodec.decode(body)).isEqualTo(new CtlMessage.Unknown(99));
    }

    @Test
    void streamIsCutIntoBodiesWhereverItBreaks() throws Exception {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        stream.write(LengthFraming.frame(new byte[] {1, 2, 3}));
        stream.write(LengthFraming.frame(new byte[0]));
        stream.write(LengthFraming.frame(new byte[300]));
        byte[] bytes = stream.toByteArray();

        for (int cut = 0; cut <= bytes.length; cut++) {
            LengthFraming framing = new LengthFraming(1000);
            List<byte[]> bodies = new ArrayList<>(framing.receive(bytes, 0, cut));
            bodies.addAll(framing.receive(bytes, cut, bytes.length - cut));
            assertThat(bodies).as("cut at %d", cut).containsExactly(new byte[] {1, 2, 3}, new byte[0], new byte[300]);
        }
    }

    @Test
    void lengthBeyondTheLimitIsRefusedBeforeMemoryIsTaken() {
        LengthFraming framing = new LengthFraming(1000);

        assertThatThrownBy(() -> framing.receive(new byte[] {0, 0, 4, 0}, 0, 4)).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> new LengthFraming(1000).receive(new byte[] {-1, -1, -1, -1}, 0, 4))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("4294967295");
    }

    private Map<String, CtlMessage> messages() {
        Map<String, CtlMessage> messages = new LinkedHashMap<>();
        messages.put("hello", new CtlMessage.Hello(1, "vpnmesh 0.1.0", true));
        messages.put("publish", new CtlMessage.Publish(new byte[] {1, 2, 3}));
        messages.put("revocations", new CtlMessage.Revocations(new byte[] {4, 5}));
        messages.put("linkstates", new CtlMessage.LinkStates(new byte[] {6}));
        messages.put(
                "subscribe",
                new CtlMessage.Subscribe(
                        List.of(new ClusterSequence(example.north.id, 17), new ClusterSequence(example.south.id, 0))));
        messages.put("digest", new CtlMessage.Digest(example.north.id, 17, new byte[] {7, 7}));
        messages.put("joinforward", new CtlMessage.JoinForward(3, new byte[] {8}));
        messages.put("joinanswered", new CtlMessage.JoinAnswered(3, new byte[] {9}));
        messages.put("problem", new CtlMessage.Problem("WrongMesh", "this relay serves another mesh"));
        return messages;
    }
}
