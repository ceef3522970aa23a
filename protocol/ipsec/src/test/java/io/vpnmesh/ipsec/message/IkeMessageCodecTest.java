// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IkeMessageCodecTest {

    private static final IkeHeader HEADER = new IkeHeader(
            0x0102030405060708L,
            0,
            PayloadType.SA,
            IkeHeader.VERSION_2_0,
            ExchangeType.IKE_SA_INIT,
            IkeHeader.FLAG_INITIATOR,
            0);

    private static final Payloads EVERY_KIND = Payloads.of(
            new IkePayload.SecurityAssociation(List.of(
                    new Proposal(
                            1,
                            TransformType.PROTOCOL_IKE,
                            new byte[0],
                            List.of(
                                    new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 256),
                                    new Transform(TransformType.PRF, TransformType.PRF_HMAC_SHA2_256),
                                    new Transform(TransformType.KE, TransformType.KE_X25519),
                                    new Transform(TransformType.ADDKE1, TransformType.KE_ML_KEM_768))),
                    new Proposal(
                            2,
                            TransformType.PROTOCOL_ESP,
                            new byte[] {1, 2, 3, 4},
                            List.of(new Transform(TransformType.ESN, TransformType.ESN_ON))))),
            new IkePayload.KeyExchange(31, new byte[32]),
            new IkePayload.Nonce(new byte[32]),
            new IkePayload.Identification(true, IkePayload.Identification.FQDN, new byte[] {'a'}),
            new IkePayload.Identification(false, IkePayload.Identification.FQDN, new byte[] {'b'}),
            new IkePayload.Certificate(4, new byte[] {1}),
            new IkePayload.CertificateRequest(4, new byte[20]),
            new IkePayload.Authentication(14, new byte[] {5, 6}),
            new IkePayload.Notify(3, new byte[] {9, 9, 9, 9}, NotifyType.REKEY_SA, new byte[0]),
            new IkePayload.Notify(NotifyType.COOKIE, new byte[] {7}),
            new IkePayload.Delete(TransformType.PROTOCOL_IKE, List.of()),
            new IkePayload.Delete(TransformType.PROTOCOL_ESP, List.of(new byte[4], new byte[4])),
            new IkePayload.VendorId(new byte[16]),
            new IkePayload.TrafficSelectors(true, List.of(TrafficSelector.of(Cidr.parse("10.0.0.0/8")))),
            new IkePayload.TrafficSelectors(false, List.of(TrafficSelector.of(Cidr.parse("fd00::/8")))),
            new IkePayload.Unknown(200, false, new byte[] {1, 2, 3}),
            new IkePayload.Unknown(PayloadType.CP, true, new byte[] {4}));

    private static byte[] encoded() {
        return IkeMessageCodec.encode(HEADER, EVERY_KIND);
    }

    @Test
    void everyKindOfPayloadSurvivesTheWay() throws MalformedException {
        byte[] message = encoded();

        IkeHeader header = IkeHeader.decode(message);
        Payloads payloads = IkeMessageCodec.decode(message, header);

        assertThat(header).isEqualTo(HEADER);
        assertThat(payloads).usingRecursiveComparison().isEqualTo(EVERY_KIND);
        assertThat(IkeMessageCodec.encode(header, payloads)).isEqualTo(message);
    }

    @Test
    void aNotifyHasItsBytesWhereTheRfcPutsThem() {
        byte[] message = IkeMessageCodec.encode(HEADER, Payloads.of(new IkePayload.Notify(16390, new byte[] {1, 2})));

        assertThat(HexFormat.of().formatHex(message))
                .isEqualTo("0102030405060708" + "0000000000000000" + "29202208" + "00000000" + "00000026" + "0000000a"
                        + "00004006" + "0102");
    }

    @Test
    void criticalCountsOnlyForTypesOutsideTheBase() throws MalformedException {
        byte[] message = IkeMessageCodec.encode(
                HEADER,
                Payloads.of(
                        new IkePayload.Unknown(PayloadType.EAP, true, new byte[0]),
                        new IkePayload.Unknown(201, true, new byte[0])));

        Payloads payloads = IkeMessageCodec.decode(message, IkeHeader.decode(message));

        assertThat(payloads.unsupportedCritical())
                .hasValueSatisfying(u -> assertThat(u.type()).isEqualTo(201));
    }

    @Test
    void everyTruncationIsMalformed() {
        byte[] message = encoded();
        for (int length = 0; length < message.length; length++) {
            byte[] cut = Arrays.copyOf(message, length);
            assertThatThrownBy(() -> IkeMessageCodec.decode(cut, IkeHeader.decode(cut)))
                    .isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void mutatedMessagesDecodeOrAreMalformedButNeverAnythingElse() {
        Random random = new Random(42);
        byte[] valid = encoded();
        int decoded = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] mutated = valid.clone();
            for (int flips = random.nextInt(6); flips >= 0; flips--) {
                mutated[28 + random.nextInt(mutated.length - 28)] = (byte) random.nextInt();
            }
            try {
                Payloads payloads = IkeMessageCodec.decode(mutated, HEADER);
                payloads.unsupportedCritical();
                decoded++;
            } catch (MalformedException e) {
                assertThat(e.field()).isNotEmpty();
            }
        }
        assertThat(decoded).isBetween(1_000, 99_000);
    }
}
