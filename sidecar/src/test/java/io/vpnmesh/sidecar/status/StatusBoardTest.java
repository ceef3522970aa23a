// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.sidecar.session.NodeView;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StatusBoardTest {

    private final StatusBoard board = new StatusBoard(true);

    private static NodeView view(int known) {
        return new NodeView(new NodeId(1, 2), "mesh", List.of(), "", List.of(), List.of(), List.of(), List.of(), known);
    }

    @Test
    void whoeverAsksGetsASnapshotOfThatMoment() {
        AtomicInteger taken = new AtomicInteger();
        board.askFor(() -> CompletableFuture.completedFuture(view(taken.incrementAndGet())));

        assertThat(board.view()).isEqualTo(view(1));
        assertThat(board.view()).isEqualTo(view(2));
        assertThat(board.lastView()).isEqualTo(view(2));
        assertThat(board.statusJson()).contains("\"known\":3");
        assertThat(taken).hasValue(3);
    }

    @Test
    void conductorWithoutTimeLeavesTheLastOne() {
        board.askFor(() -> CompletableFuture.completedFuture(view(7)));
        board.view();

        board.askFor(CompletableFuture::new);
        assertThat(board.view()).isEqualTo(view(7));

        board.askFor(() -> CompletableFuture.failedFuture(new IllegalStateException("a bug")));
        assertThat(board.view()).isEqualTo(view(7));
    }

    /** They come each second, and nobody may be disturbed by them. */
    @Test
    void probesAskNobody() {
        board.askFor(() -> {
            throw new AssertionError("asked");
        });

        assertThat(board.started()).isFalse();
        assertThat(board.ready()).isFalse();
    }

    @Test
    void thereIsNothingBeforeTheFirst() {
        assertThat(board.view()).isNull();
        assertThat(board.statusJson()).isEqualTo("{}");
    }
}
