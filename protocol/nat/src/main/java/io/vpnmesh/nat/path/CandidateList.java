// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * All candidates of a node at one moment; a higher epoch replaces all.
 *
 * <p>Shape: {@code epoch 8 | count 1 | { kind 1 | family 1 (4 or 6) | port 2 | address 4 or 16 | priority 4 | network id
 * 16 for host }}
 *
 * <p>Errors: decode throws MalformedException; a kind that this version does not know is skipped.
 */
public record CandidateList(long epoch, List<Candidate> candidates) {

    /** Beyond it nobody checks; it also keeps the list within one signalling datagram. */
    public static final int MAX_CANDIDATES = 24;

    public static final CandidateList NONE = new CandidateList(0, List.of());

    public CandidateList {
        candidates = List.copyOf(candidates);
        if (candidates.size() > MAX_CANDIDATES) {
            throw new IllegalArgumentException(candidates.size() + " candidates, at most " + MAX_CANDIDATES);
        }
    }

    public byte[] encode() {
        WireWriter writer = new WireWriter().i64(epoch).u8(candidates.size());
        for (Candidate candidate : candidates) {
            Endpoint endpoint = candidate.endpoint();
            writer.u8(candidate.kind().number())
                    .u8(endpoint.address().family())
                    .u16(endpoint.port())
                    .bytes(endpoint.address().bytes())
                    .i32(candidate.priority());
            if (candidate.kind() == CandidateKind.HOST) {
                writer.i64(candidate.network().getMostSignificantBits())
                        .i64(candidate.network().getLeastSignificantBits());
            }
        }
        return writer.toByteArray();
    }

    public static CandidateList decode(byte[] bytes) throws MalformedException {
        WireReader reader = new WireReader(bytes);
        long epoch = reader.i64("epoch");
        int count = reader.u8("count");
        if (count > MAX_CANDIDATES) {
            throw new MalformedException(8, "count", "is " + count + ", at most " + MAX_CANDIDATES);
        }
        List<Candidate> candidates = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            readOne(reader).ifPresent(candidates::add);
        }
        reader.end("candidates");
        return new CandidateList(epoch, candidates);
    }

    private static Optional<Candidate> readOne(WireReader reader) throws MalformedException {
        int at = reader.position();
        int number = reader.u8("kind");
        int family = reader.u8("family");
        if (family != 4 && family != 6) {
            throw new MalformedException(at + 1, "family", "is " + family);
        }
        int port = reader.u16("port");
        IpAddress address = IpAddress.of(reader.bytes(family == 4 ? 4 : 16, "address"));
        int priority = reader.i32("priority");
        Optional<CandidateKind> kind = CandidateKind.of(number);
        UUID network = Candidate.NO_NETWORK;
        if (kind.isPresent() && kind.get() == CandidateKind.HOST) {
            network = new UUID(reader.i64("network id"), reader.i64("network id"));
            if (network.equals(Candidate.NO_NETWORK)) {
                throw new MalformedException(at, "network id", "is missing");
            }
        }
        UUID of = network;
        return kind.map(known -> new Candidate(known, new Endpoint(address, port), priority, of));
    }
}
