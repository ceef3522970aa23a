// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/ipsec-library.md compiles as it stands, and two of it have a tunnel. */
class LibraryDocTest {

    private static final Path DOC = Path.of("../../docs/ipsec-library.md");

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final Endpoint a = Endpoint.parse("192.0.2.1:4500");
    private final Endpoint b = Endpoint.parse("192.0.2.2:4500");
    private final Deque<Datagram> wire = new ArrayDeque<>();

    @Test
    void twoHostsOfTheExampleHaveATunnel(@TempDir Path classes) throws Exception {
        Class<?> type = compile(example(), classes);
        Map<Endpoint, Object> hosts = Map.of(a, host(type, 1), b, host(type, 2));
        type.getMethod("connect", IkeInput.Connect.class, long.class)
                .invoke(
                        hosts.get(a),
                        new IkeInput.Connect(
                                new PeerRef.Direct(b),
                                TestMesh.nodeId(2),
                                List.of(Cidr.host(TestMesh.address(1))),
                                List.of(Cidr.host(TestMesh.address(2)))),
                        1L);

        for (int i = 0; i < 100 && !wire.isEmpty(); i++) {
            Datagram datagram = wire.remove();
            Endpoint from = datagram.remote().equals(a) ? b : a;
            type.getMethod("received", Endpoint.class, Endpoint.class, byte[].class, long.class)
                    .invoke(hosts.get(datagram.remote()), from, datagram.remote(), datagram.payload(), 1L);
        }

        ChildSa out = (ChildSa) type.getField("outbound").get(hosts.get(a));
        Map<?, ?> inbound = (Map<?, ?>) type.getField("inbound").get(hosts.get(b));
        byte[] packet = UdpPacket.build(TestMesh.address(1), 1, TestMesh.address(2), 2, new byte[100]);
        byte[] buffer = new byte[16 + packet.length + 24];
        System.arraycopy(packet, 0, buffer, 16, packet.length);
        int sealed = out.sealer().seal(buffer, 16, packet.length);
        ChildSa in = (ChildSa) Objects.requireNonNull(inbound.get(out.outboundSpi()));
        assertThat(in.opener().open(buffer, 0, sealed)).isEqualTo(packet.length);
        assertThat(Arrays.copyOfRange(buffer, 16, 16 + packet.length)).isEqualTo(packet);
    }

    @Test
    void theExampleIsShort() throws Exception {
        long lines = example()
                .lines()
                .dropWhile(line -> !line.startsWith("public final class"))
                .filter(line -> !line.isBlank())
                .count();

        assertThat(lines).isLessThanOrEqualTo(40);
    }

    private static String example() throws Exception {
        String text = Files.readString(DOC);
        int start = text.indexOf("```java\n") + "```java\n".length();
        return text.substring(start, text.indexOf("```", start));
    }

    private Object host(Class<?> type, int number) throws Exception {
        Consumer<Datagram> socket = wire::add;
        Function<IkeEvent.VerifyPeer, IkeInput> judge =
                verify -> switch (mesh.verifier().verify(verify.certificatesDer(), TestMesh.NOW)) {
                    case Verdict.Trusted trusted -> new IkeInput.PeerVerified(verify.ticket(), trusted.identity());
                    case Verdict.Refused refused -> new IkeInput.PeerRefused(verify.ticket(), refused.message());
                };
        return type.getConstructor(LocalIdentity.class, Consumer.class, Function.class)
                .newInstance(mesh.member(number), socket, judge);
    }

    private static Class<?> compile(String source, Path classes) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        String path = place(IkeEndpoint.class) + java.io.File.pathSeparator + place(JdkCrypto.class);
        var unit = new SimpleJavaFileObject(URI.create("string:///Host.java"), javax.tools.JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        java.io.StringWriter messages = new java.io.StringWriter();
        List<String> options = List.of("-proc:none", "-cp", path, "-d", classes.toString());
        assertThat(compiler.getTask(messages, null, null, options, null, List.of(unit))
                        .call())
                .as(messages.toString())
                .isTrue();
        return new URLClassLoader(new URL[] {classes.toUri().toURL()}, IkeEndpoint.class.getClassLoader())
                .loadClass("Host");
    }

    private static Path place(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
