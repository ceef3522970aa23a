// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.directory.cbor.Cbor;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;

/**
 * 256 buckets over a cluster's records, chosen by the first byte of the node id: two holders that differ see where.
 * A bucket is the exclusive or of the first 8 bytes of SHA-256 over each record's encoding, so order plays no part.
 */
public final class RecordDigest {

    public static final int BUCKETS = 256;
    public static final int LENGTH_BYTES = BUCKETS * Long.BYTES;

    private final long[] buckets = new long[BUCKETS];

    public static RecordDigest of(Collection<PeerRecord> records) {
        RecordDigest digest = new RecordDigest();
        records.forEach(digest::flip);
        return digest;
    }

    /** Adds a record, or takes it away again. */
    private void flip(PeerRecord peer) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(Cbor.encode(RecordCbor.write(peer)));
            buckets[peer.node().bytes()[0] & 0xFF] ^= new WireReader(hash).i64("hash");
        } catch (NoSuchAlgorithmException | MalformedException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    public byte[] bytes() {
        WireWriter writer = new WireWriter(LENGTH_BYTES);
        for (long bucket : buckets) {
            writer.i64(bucket);
        }
        return writer.toByteArray();
    }

    public boolean matches(byte[] other) {
        return Arrays.equals(bytes(), other);
    }
}
