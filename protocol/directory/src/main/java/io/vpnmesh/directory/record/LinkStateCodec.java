// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.directory.cbor.Cbor;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.cbor.CborValue;
import io.vpnmesh.directory.cbor.CoseSign1;
import io.vpnmesh.directory.record.LinkState.Link;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Link states, signed by the relay's own key; a relay signs nothing else. */
public final class LinkStateCodec {

    static final String CONTENT_TYPE = "vpnmesh-linkstate/1";

    private static final int NODE = 1;
    private static final int BOOT_EPOCH = 2;
    private static final int SEQUENCE = 3;
    private static final int TIME = 4;
    private static final int LINKS = 5;
    private static final int MAX_LINKS = 1024;
    private static final int LINK_PARTS = 4;

    private LinkStateCodec() {}

    public static byte[] encode(LinkState state, Signer signer) {
        List<CborValue> links = new ArrayList<>();
        for (Link link : state.links()) {
            links.add(new CborValue.Array(List.of(
                    CborValue.of(link.neighbour().bytes()),
                    CborValue.of(link.rttMicros()),
                    CborValue.of(link.lossPerMille()),
                    CborValue.of(link.loadPerMille()))));
        }
        return signer.sign(
                CONTENT_TYPE,
                CborMap.builder()
                        .put(NODE, state.node().bytes())
                        .put(BOOT_EPOCH, state.bootEpoch())
                        .put(SEQUENCE, state.sequence())
                        .put(TIME, state.time().getEpochSecond())
                        .put(LINKS, links)
                        .build());
    }

    /** Believes a state only from the relay that it is about. */
    public static Checked<LinkState> verify(byte[] bytes, CertificateVerifier verifier, Instant now) {
        try {
            CoseSign1 signed = CoseSign1.decode(bytes);
            if (!signed.contentType().equals(CONTENT_TYPE)) {
                return new Checked.Refused<>("content type is " + signed.contentType() + ", not " + CONTENT_TYPE);
            }
            return switch (verifier.verify(signed.chainDer(), now)) {
                case Verdict.Refused refused -> new Checked.Refused<>(refused.reason() + ": " + refused.message());
                case Verdict.Trusted trusted -> verify(signed, trusted, now);
            };
        } catch (MalformedException e) {
            return new Checked.Refused<>(e.getMessage());
        }
    }

    private static Checked<LinkState> verify(CoseSign1 signed, Verdict.Trusted signer, Instant now)
            throws MalformedException {
        if (signer.identity().role() != NodeRole.RELAY
                || !signed.isSignedBy(signer.leaf().getPublicKey())) {
            return new Checked.Refused<>("not signed by a relay's key");
        }
        LinkState state = CborValue.guarded("link state", Cbor.decode(signed.payload()), LinkStateCodec::read);
        if (!state.node().equals(signer.identity().node())) {
            return new Checked.Refused<>("relay " + signer.identity().node() + " signed a state of " + state.node());
        }
        return state.isOutdated(now)
                ? new Checked.Refused<>("older than " + LinkState.MAX_AGE.toSeconds() + " s")
                : new Checked.Valid<>(state);
    }

    private static LinkState read(CborValue value) throws MalformedException {
        CborMap map = value.asMap("link state");
        return new LinkState(
                RecordCbor.node(map.need(NODE, "node id")),
                map.need(BOOT_EPOCH, "boot epoch").asInt("boot epoch", 0, Long.MAX_VALUE),
                map.need(SEQUENCE, "sequence").asInt("sequence", 0, Long.MAX_VALUE),
                Instant.ofEpochSecond(map.need(TIME, "time").asInt("time", 0, 1L << 40)),
                map.need(LINKS, "links").asList("links", MAX_LINKS, LinkStateCodec::link));
    }

    private static Link link(CborValue item) throws MalformedException {
        List<CborValue> parts = item.asArray("link", LINK_PARTS);
        if (parts.size() != LINK_PARTS) {
            throw new MalformedException(0, "link", "is not [node id, RTT, loss, load]");
        }
        return new Link(
                RecordCbor.node(parts.get(0)),
                parts.get(1).asInt("RTT", 0, Integer.MAX_VALUE),
                (int) parts.get(2).asInt("loss", 0, 1000),
                (int) parts.get(3).asInt("load", 0, 1000));
    }
}
