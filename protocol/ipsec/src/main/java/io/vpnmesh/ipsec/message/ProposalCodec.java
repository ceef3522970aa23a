// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** Bodies of SA payloads (RFC 7296 section 3.3). */
final class ProposalCodec {

    private static final int LAST = 0;
    private static final int MORE_PROPOSALS = 2;
    private static final int MORE_TRANSFORMS = 3;
    private static final int KEY_LENGTH = 14;
    private static final int SHORT_FORM = 0x8000;
    /** More than any honest peer sends; bounds the work for hostile ones. */
    private static final int MAX_PROPOSALS = 64;

    private static final int MAX_TRANSFORMS = 255;

    private ProposalCodec() {}

    static List<Proposal> decode(WireReader body) throws MalformedException {
        List<Proposal> proposals = new ArrayList<>();
        int more = MORE_PROPOSALS;
        while (more == MORE_PROPOSALS) {
            int start = body.position();
            more = body.u8("proposal: last");
            body.skip(1, "proposal: reserved");
            int length = body.u16("proposal: length");
            if ((more != LAST && more != MORE_PROPOSALS) || length < 8 || proposals.size() == MAX_PROPOSALS) {
                throw new MalformedException(start, "proposal");
            }
            proposals.add(proposal(body.slice(length - 4, "proposal")));
        }
        body.end("SA payload");
        return proposals;
    }

    private static Proposal proposal(WireReader in) throws MalformedException {
        int number = in.u8("proposal: number");
        int protocol = in.u8("proposal: protocol");
        int spiLength = in.u8("proposal: SPI size");
        int count = in.u8("proposal: number of transforms");
        byte[] spi = in.bytes(spiLength, "proposal: SPI");
        List<Transform> transforms = new ArrayList<>();
        for (int i = 0; i < count && i < MAX_TRANSFORMS; i++) {
            int start = in.position();
            int more = in.u8("transform: last");
            in.skip(1, "transform: reserved");
            int length = in.u16("transform: length");
            if (length < 8 || more != (i == count - 1 ? LAST : MORE_TRANSFORMS)) {
                throw new MalformedException(start, "transform");
            }
            transforms.add(transform(in.slice(length - 4, "transform")));
        }
        in.end("proposal");
        return new Proposal(number, protocol, spi, transforms);
    }

    private static Transform transform(WireReader in) throws MalformedException {
        int type = in.u8("transform: type");
        in.skip(1, "transform: reserved");
        int id = in.u16("transform: id");
        int keyBits = 0;
        boolean strange = false;
        while (in.remaining() > 0) {
            int attribute = in.u16("attribute: type");
            int value = in.u16("attribute: value");
            if (attribute == (SHORT_FORM | KEY_LENGTH)) {
                keyBits = value;
            } else {
                strange = true;
                if ((attribute & SHORT_FORM) == 0) {
                    in.skip(value, "attribute: value");
                }
            }
        }
        return new Transform(type, id, keyBits, strange);
    }

    static void encode(WireWriter out, List<Proposal> proposals) {
        for (int i = 0; i < proposals.size(); i++) {
            Proposal proposal = proposals.get(i);
            int start = out.position();
            out.u8(i == proposals.size() - 1 ? LAST : MORE_PROPOSALS).u8(0).u16(0);
            out.u8(proposal.number()).u8(proposal.protocol()).u8(proposal.spi().length);
            out.u8(proposal.transforms().size()).bytes(proposal.spi());
            for (int t = 0; t < proposal.transforms().size(); t++) {
                Transform transform = proposal.transforms().get(t);
                boolean keyed = transform.keyBits() != 0;
                out.u8(t == proposal.transforms().size() - 1 ? LAST : MORE_TRANSFORMS)
                        .u8(0)
                        .u16(keyed ? 12 : 8);
                out.u8(transform.type()).u8(0).u16(transform.id());
                if (keyed) {
                    out.u16(SHORT_FORM | KEY_LENGTH).u16(transform.keyBits());
                }
            }
            out.patchU16(start + 2, out.position() - start);
        }
    }
}
