// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** Body of RELEASE: up to 64 SPIs whose inbound SA is gone. */
public record Release(List<Integer> spis) {

    public Release {
        spis = List.copyOf(spis);
        if (spis.isEmpty() || spis.size() > LeaseRequest.MAX_ITEMS) {
            throw new IllegalArgumentException(spis.size() + " SPIs in one RELEASE");
        }
    }

    public byte[] encode() {
        WireWriter writer = new WireWriter(spis.size() * 4);
        spis.forEach(writer::i32);
        return writer.toByteArray();
    }

    public static Release decode(byte[] body) throws MalformedException {
        if (body.length == 0 || body.length > LeaseRequest.MAX_ITEMS * 4) {
            throw new MalformedException(0, "RELEASE", body.length + " bytes");
        }
        WireReader reader = new WireReader(body);
        List<Integer> spis = new ArrayList<>(body.length / 4);
        while (reader.remaining() > 0) {
            spis.add(reader.i32("SPI"));
        }
        return new Release(spis);
    }
}
