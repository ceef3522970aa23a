// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.directory;

import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.ctl.CtlCodec;
import io.vpnmesh.directory.ctl.CtlMessage;
import io.vpnmesh.directory.join.JoinAnswer;
import io.vpnmesh.directory.join.JoinRequest;
import io.vpnmesh.transport.tls.TlsConnection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Carries a joiner's one request to the founder's operator and the one answer back. It understands the request just far
 * enough to refuse what is not for this mesh; the secret that protects both never comes here. Conductor only.
 */
final class JoinDesk {

    /** The founder may ask a person first; then it says so, and the joiner comes again. */
    private static final long ANSWER_WITHIN_NS = 30_000_000_000L;

    private record Waiting(TlsConnection joiner, long deadlineNs, boolean asked) {}

    private final MeshId mesh;
    private final Supplier<Optional<TlsConnection>> founder;
    private final Map<Long, Waiting> waiting = new HashMap<>();
    private final Map<TlsConnection, Long> numbers = new HashMap<>();
    private long lastNumber;

    /** @param founder the operator that answers joins, if one is connected */
    JoinDesk(MeshId mesh, Supplier<Optional<TlsConnection>> founder) {
        this.mesh = mesh;
        this.founder = founder;
    }

    void opened(TlsConnection joiner, long nowNs) {
        lastNumber++;
        numbers.put(joiner, lastNumber);
        waiting.put(lastNumber, new Waiting(joiner, nowNs + ANSWER_WITHIN_NS, false));
    }

    void closed(TlsConnection joiner) {
        Long number = numbers.remove(joiner);
        if (number != null) {
            waiting.remove(number);
        }
    }

    void requested(TlsConnection joiner, byte[] body) {
        Long number = numbers.get(joiner);
        Waiting place = number == null ? null : waiting.get(number);
        if (number == null || place == null || place.asked()) {
            joiner.close(); // one request a connection
            return;
        }
        try {
            JoinRequest request = JoinRequest.decode(body);
            if (!request.mesh().equals(mesh)) {
                refuse(joiner, "UnknownMesh", "this relay serves another mesh; check the token");
                return;
            }
        } catch (MalformedException e) {
            refuse(joiner, "Malformed", "not a join request: " + e.getMessage());
            return;
        }
        Optional<TlsConnection> operator = founder.get();
        if (operator.isEmpty()) {
            refuse(
                    joiner,
                    "FounderNotConnected",
                    "no founding operator is connected to this relay; check that it runs, or try another relay");
            return;
        }
        waiting.put(number, new Waiting(joiner, place.deadlineNs(), true));
        operator.get().send(CtlCodec.encode(new CtlMessage.JoinForward(number, body)));
    }

    void answered(CtlMessage.JoinAnswered answer) {
        Waiting place = waiting.remove(answer.connection());
        if (place != null && place.asked()) {
            numbers.remove(place.joiner());
            place.joiner().sendAndClose(answer.answer());
        }
    }

    /** Ends what took too long. */
    void expire(long nowNs) {
        for (Waiting place : waiting.values().stream()
                .filter(one -> one.deadlineNs() <= nowNs)
                .toList()) {
            refuse(place.joiner(), "FounderTimeout", "the founding operator did not answer in time; try again");
        }
    }

    private void refuse(TlsConnection joiner, String reason, String message) {
        closed(joiner);
        joiner.sendAndClose(new JoinAnswer.Refused(reason, message).encode());
    }

    int waitingCount() {
        return waiting.size();
    }
}
