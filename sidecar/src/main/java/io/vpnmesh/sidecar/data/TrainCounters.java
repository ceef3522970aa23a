// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Trains and the packets in them, by stage; packets by trains is the mean length. One thread counts a stage, any reads. */
public final class TrainCounters {

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] trains = new long[TrainStage.values().length];
    private final long[] packets = new long[TrainStage.values().length];

    TrainCounters() {}

    void count(TrainStage stage, int moreTrains, long morePackets) {
        int at = stage.ordinal();
        LONGS.setOpaque(trains, at, trains[at] + moreTrains);
        LONGS.setOpaque(packets, at, packets[at] + morePackets);
    }

    public long trains(TrainStage stage) {
        return (long) LONGS.getOpaque(trains, stage.ordinal());
    }

    public long packets(TrainStage stage) {
        return (long) LONGS.getOpaque(packets, stage.ordinal());
    }
}
