// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Chains of payloads to bytes and back. Pure; every malformed input ends in {@link MalformedException}.
 *
 * <p>Source: RFC 7296 sections 3.2 to 3.14, RFC 7383 section 2.5.
 */
public final class IkeMessageCodec {

    private static final int GENERIC_HEADER = 4;
    private static final int CRITICAL = 0x80;
    /** No honest message comes near; bounds lists for hostile ones. */
    private static final int MAX_PAYLOADS = 128;

    private static final int MIN_NONCE = 16;
    private static final int MAX_NONCE = 256;

    private IkeMessageCodec() {}

    /** A whole message in the clear, with this header. */
    public static byte[] encode(IkeHeader header, Payloads payloads) {
        WireWriter out = new WireWriter(512);
        header.encode(out, firstType(payloads), 0);
        encodeChain(out, payloads);
        out.patchI32(IkeHeader.LENGTH_OFFSET, out.position());
        return out.toByteArray();
    }

    /** The payloads of a message behind its header; an encrypted payload stays sealed and is the last. */
    public static Payloads decode(byte[] message, IkeHeader header) throws MalformedException {
        return chain(header.nextPayload(), message, IkeHeader.LENGTH, message.length - IkeHeader.LENGTH, true);
    }

    /** The payloads that an encrypted payload held. */
    public static Payloads decodeInner(int firstPayload, byte[] plain, int offset, int length)
            throws MalformedException {
        return chain(firstPayload, plain, offset, length, false);
    }

    /** The payloads as they go into an encrypted payload. */
    public static byte[] encodeInner(Payloads payloads) {
        WireWriter out = new WireWriter(512);
        encodeChain(out, payloads);
        return out.toByteArray();
    }

    public static int firstType(Payloads payloads) {
        return payloads.all().isEmpty()
                ? PayloadType.NONE
                : payloads.all().getFirst().type();
    }

    private static Payloads chain(int first, byte[] bytes, int offset, int length, boolean outer)
            throws MalformedException {
        WireReader reader = new WireReader(bytes, offset, length);
        List<IkePayload> payloads = new ArrayList<>();
        int type = first;
        while (type != PayloadType.NONE) {
            int start = reader.position();
            int next = reader.u8("next payload");
            boolean critical = (reader.u8("critical") & CRITICAL) != 0;
            int size = reader.u16("payload length");
            if (size < GENERIC_HEADER || payloads.size() == MAX_PAYLOADS) {
                throw new MalformedException(start, "payload");
            }
            WireReader body = reader.slice(size - GENERIC_HEADER, "payload " + type);
            if (type == PayloadType.SK || type == PayloadType.SKF) {
                if (!outer) {
                    throw new MalformedException(start, "encrypted payload inside an encrypted payload");
                }
                payloads.add(sealed(type, next, body));
                break; // next names the first payload inside, and nothing follows
            }
            payloads.add(payload(type, critical, body));
            type = next;
        }
        reader.end("message");
        return new Payloads(payloads);
    }

    private static IkePayload sealed(int type, int next, WireReader body) throws MalformedException {
        if (type == PayloadType.SK) {
            return new IkePayload.Encrypted(next, body.position());
        }
        int number = body.u16("fragment number");
        int total = body.u16("total fragments");
        if (number == 0 || number > total) {
            throw new MalformedException(body.position(), "fragment number", number + " of " + total);
        }
        return new IkePayload.EncryptedFragment(next, number, total, body.position());
    }

    private static IkePayload payload(int type, boolean critical, WireReader in) throws MalformedException {
        return switch (type) {
            case PayloadType.SA -> new IkePayload.SecurityAssociation(ProposalCodec.decode(in));
            case PayloadType.KE -> {
                int method = in.u16("KE: method");
                in.skip(2, "KE: reserved");
                yield new IkePayload.KeyExchange(method, in.rest());
            }
            case PayloadType.IDI, PayloadType.IDR -> {
                int idType = in.u8("ID: type");
                in.skip(3, "ID: reserved");
                yield new IkePayload.Identification(type == PayloadType.IDI, idType, in.rest());
            }
            case PayloadType.CERT -> new IkePayload.Certificate(in.u8("CERT: encoding"), in.rest());
            case PayloadType.CERTREQ -> new IkePayload.CertificateRequest(in.u8("CERTREQ: encoding"), in.rest());
            case PayloadType.AUTH -> {
                int method = in.u8("AUTH: method");
                in.skip(3, "AUTH: reserved");
                yield new IkePayload.Authentication(method, in.rest());
            }
            case PayloadType.NONCE -> nonce(in);
            case PayloadType.NOTIFY -> {
                int protocol = in.u8("N: protocol");
                int spiLength = in.u8("N: SPI size");
                int notifyType = in.u16("N: type");
                yield new IkePayload.Notify(protocol, in.bytes(spiLength, "N: SPI"), notifyType, in.rest());
            }
            case PayloadType.DELETE -> delete(in);
            case PayloadType.VENDOR_ID -> new IkePayload.VendorId(in.rest());
            case PayloadType.TSI, PayloadType.TSR ->
                new IkePayload.TrafficSelectors(type == PayloadType.TSI, SelectorCodec.decode(in));
            default -> new IkePayload.Unknown(type, critical, in.rest());
        };
    }

    private static IkePayload nonce(WireReader in) throws MalformedException {
        if (in.remaining() < MIN_NONCE || in.remaining() > MAX_NONCE) {
            throw new MalformedException(in.position(), "nonce", in.remaining() + " bytes");
        }
        return new IkePayload.Nonce(in.rest());
    }

    private static IkePayload delete(WireReader in) throws MalformedException {
        int protocol = in.u8("D: protocol");
        int size = in.u8("D: SPI size");
        int count = in.u16("D: number of SPIs");
        if (count * size != in.remaining() || (size == 0 && count != 0)) {
            throw new MalformedException(in.position(), "D: SPIs");
        }
        List<byte[]> spis = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            spis.add(in.bytes(size, "D: SPI"));
        }
        return new IkePayload.Delete(protocol, spis);
    }

    private static void encodeChain(WireWriter out, Payloads payloads) {
        List<IkePayload> all = payloads.all();
        for (int i = 0; i < all.size(); i++) {
            int start = out.position();
            int next = i + 1 < all.size() ? all.get(i + 1).type() : PayloadType.NONE;
            out.u8(next).u8(0).u16(0);
            body(out, start, all.get(i));
            out.patchU16(start + 2, out.position() - start);
        }
    }

    private static void body(WireWriter out, int start, IkePayload payload) {
        switch (payload) {
            case IkePayload.SecurityAssociation sa -> ProposalCodec.encode(out, sa.proposals());
            case IkePayload.KeyExchange ke -> out.u16(ke.method()).u16(0).bytes(ke.data());
            case IkePayload.Identification id -> out.bytes(id.body());
            case IkePayload.Certificate cert -> out.u8(cert.encoding()).bytes(cert.data());
            case IkePayload.CertificateRequest request ->
                out.u8(request.encoding()).bytes(request.data());
            case IkePayload.Authentication auth ->
                out.u8(auth.method()).zeros(3).bytes(auth.data());
            case IkePayload.Nonce nonce -> out.bytes(nonce.data());
            case IkePayload.Notify n ->
                out.u8(n.protocol())
                        .u8(n.spi().length)
                        .u16(n.notifyType())
                        .bytes(n.spi())
                        .bytes(n.data());
            case IkePayload.Delete delete -> {
                int size = delete.spis().isEmpty() ? 0 : delete.spis().getFirst().length;
                out.u8(delete.protocol()).u8(size).u16(delete.spis().size());
                delete.spis().forEach(out::bytes);
            }
            case IkePayload.VendorId vendor -> out.bytes(vendor.data());
            case IkePayload.TrafficSelectors ts -> SelectorCodec.encode(out, ts.selectors());
            case IkePayload.Unknown unknown -> {
                out.patchU8(start + 1, unknown.critical() ? CRITICAL : 0);
                out.bytes(unknown.body());
            }
            case IkePayload.Encrypted _, IkePayload.EncryptedFragment _ ->
                throw new IllegalArgumentException("sealed payloads are written where they are sealed");
        }
    }
}
