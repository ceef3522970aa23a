// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.KeyExchange;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What a responder keeps between CREATE_CHILD_SA and the last IKE_FOLLOWUP_KE (RFC 9370 section 2.2.4): the secrets so
 * far, found again by a link that we choose. Bounded in number and in time: a peer that never comes back loses the oldest.
 */
final class FollowUps {

    private static final int MAX_PENDING = 4;

    private final IkeContext context;
    private final Deque<Pending> pending = new ArrayDeque<>();

    FollowUps(IkeContext context) {
        this.context = context;
    }

    /**
     * What happens at the end.
     *
     * @param sa where the further exchanges must come
     * @param replaced what they are for: an IKE SA or a Child SA; none for a Child SA that replaces nothing
     * @param complete gets all secrets, before the last answer leaves; closes them
     * @param abandoned nothing will come of it
     */
    record End(IkeSa sa, Optional<Object> replaced, Consumer<List<SecretBytes>> complete, Runnable abandoned) {}

    private record Pending(byte[] link, List<KeyMethod> methods, List<SecretBytes> shared, End end, long deadlineNs) {

        private void close() {
            shared.forEach(SecretBytes::close);
            end.abandoned.run();
        }
    }

    /**
     * Remembers an unfinished agreement.
     *
     * @param methods the key exchanges still to come, one at least
     * @param shared the secrets so far; taken over
     * @return the notify that goes into the answer
     */
    Notify remember(List<KeyMethod> methods, List<SecretBytes> shared, End end) {
        if (pending.size() == MAX_PENDING) {
            pending.removeFirst().close();
        }
        byte[] link = Arrays.copyOf(context.newNonce(), 16);
        long deadline = context.nowNs() + context.settings().timing().recallNs();
        pending.addLast(new Pending(link, List.copyOf(methods), new ArrayList<>(shared), end, deadline));
        return new Notify(NotifyType.ADDITIONAL_KEY_EXCHANGE, link);
    }

    /** The payloads of the answer to an IKE_FOLLOWUP_KE request on this IKE SA. */
    List<IkePayload> answer(IkeSa sa, Payloads request) {
        Optional<Notify> link = request.notify(NotifyType.ADDITIONAL_KEY_EXCHANGE);
        Optional<KeyExchange> ke = request.first(KeyExchange.class);
        Optional<Pending> found = link.flatMap(l -> pending.stream()
                .filter(p -> p.end.sa == sa && Arrays.equals(p.link, l.data()))
                .findFirst());
        if (found.isEmpty() || ke.isEmpty()) {
            return List.of(new Notify(NotifyType.STATE_NOT_FOUND));
        }
        Pending state = found.orElseThrow();
        pending.remove(state);
        KeyMethod method = state.methods.getFirst();
        if (ke.orElseThrow().method() != Algorithms.transformId(method)) {
            state.close();
            return List.of(new Notify(NotifyType.INVALID_SYNTAX));
        }
        try {
            KeyAgreement.Response response =
                    context.crypto().respond(method, ke.orElseThrow().data());
            state.shared.add(response.secret());
            List<IkePayload> answer = new ArrayList<>();
            answer.add(new KeyExchange(Algorithms.transformId(method), response.publicValue()));
            if (state.methods.size() > 1) {
                answer.add(remember(state.methods.subList(1, state.methods.size()), state.shared, state.end));
            } else {
                state.end.complete.accept(state.shared);
            }
            return answer;
        } catch (MalformedException _) {
            state.close();
            return List.of(new Notify(NotifyType.INVALID_SYNTAX));
        }
    }

    void clear() {
        forget(_ -> true);
    }

    /** Nothing will come of what replaces this IKE SA or Child SA. */
    void forget(Object replaced) {
        forget(state -> state.end.replaced.filter(r -> r == replaced).isPresent());
    }

    /** RFC 9370 section 2.2.4: a peer may forget what it has begun, so we do too, after a while. */
    void onTimer() {
        long now = context.nowNs();
        forget(state -> now >= state.deadlineNs);
    }

    long nextWakeupNs() {
        return pending.stream().mapToLong(Pending::deadlineNs).min().orElse(SaOwner.NEVER);
    }

    private void forget(Predicate<Pending> which) {
        List<Pending> gone = pending.stream().filter(which).toList();
        pending.removeAll(gone);
        gone.forEach(Pending::close);
    }
}
