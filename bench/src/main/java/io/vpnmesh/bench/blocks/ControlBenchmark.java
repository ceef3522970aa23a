// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.blocks;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.Proposal;
import io.vpnmesh.ipsec.message.Transform;
import io.vpnmesh.ipsec.message.TransformType;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Messages of control traffic to bytes and back: they are few, and may allocate. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ControlBenchmark {

    private static final Proposal PROPOSAL = new Proposal(
            1,
            TransformType.PROTOCOL_IKE,
            new byte[0],
            List.of(
                    new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 256),
                    new Transform(TransformType.PRF, TransformType.PRF_HMAC_SHA2_256),
                    new Transform(TransformType.KE, TransformType.KE_X25519),
                    new Transform(TransformType.ADDKE1, TransformType.KE_ML_KEM_768)));

    private final IkeHeader header =
            new IkeHeader(1, 0, 0, IkeHeader.VERSION_2_0, ExchangeType.IKE_SA_INIT, IkeHeader.FLAG_INITIATOR, 0);
    private final Payloads payloads = Payloads.of(
            new IkePayload.SecurityAssociation(List.of(PROPOSAL)),
            new IkePayload.KeyExchange(TransformType.KE_X25519, new byte[32]),
            new IkePayload.Nonce(new byte[32]),
            new IkePayload.Notify(NotifyType.NAT_DETECTION_SOURCE_IP, new byte[20]),
            new IkePayload.Notify(NotifyType.NAT_DETECTION_DESTINATION_IP, new byte[20]));
    private final byte[] ike = IkeMessageCodec.encode(header, payloads);
    private final SecretBytes key = SecretBytes.owning(new byte[32]);
    private final StunMessage check = StunMessage.request(new TransactionId(1, 2))
            .username("0123456789abcdef")
            .mappedAddress(Endpoint.parse("192.0.2.1:4500"))
            .build();
    private final byte[] stun = StunCodec.encode(check, key);

    @Benchmark
    public byte[] encodeIkeSaInit() {
        return IkeMessageCodec.encode(header, payloads);
    }

    @Benchmark
    public Payloads decodeIkeSaInit() throws MalformedException {
        return IkeMessageCodec.decode(ike, IkeHeader.decode(ike));
    }

    @Benchmark
    public byte[] encodeCheck() {
        return StunCodec.encode(check, key);
    }

    @Benchmark
    public StunMessage decodeAndVerifyCheck() throws MalformedException {
        StunMessage message = StunCodec.decode(stun);
        if (!StunCodec.isAuthentic(stun, key)) {
            throw new IllegalStateException("not authentic");
        }
        return message;
    }
}
