// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkePayload.KeyExchange;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The IKE_FOLLOWUP_KE exchanges behind a CREATE_CHILD_SA of ours: one for each additional key exchange, in order, each linked
 * to the answer before it (RFC 9370 section 2.2.4). {@link FollowUps} is the responder's side.
 */
final class FollowUpSeries {

    private final IkeContext context;
    private final IkeSession session;
    private final IkeSa sa;
    private final List<KeyMethod> methods;
    private final List<SecretBytes> shared;
    private final End end;
    private int next;

    /** How a series ends: by one call of one of these. */
    interface End {
        /** Every key exchange is done; the secrets, the first one first, are closed afterwards. */
        void complete(List<SecretBytes> all);

        /** The peer's answer, an error type of its own or INVALID_SYNTAX where it makes no sense. */
        void refused(int error);

        /** There is nobody left to go on with, or no reason to. */
        void abandoned();
    }

    /**
     * @param sa where CREATE_CHILD_SA was, and the rest must be
     * @param methods the key exchanges still to come, in order; may be none
     * @param shared the secrets so far; taken over
     */
    FollowUpSeries(
            IkeContext context,
            IkeSession session,
            IkeSa sa,
            List<KeyMethod> methods,
            List<SecretBytes> shared,
            End end) {
        this.context = context;
        this.session = session;
        this.sa = sa;
        this.methods = List.copyOf(methods);
        this.shared = new ArrayList<>(shared);
        this.end = end;
    }

    /** Goes on behind the answer to CREATE_CHILD_SA or to an IKE_FOLLOWUP_KE. */
    void proceed(Payloads answer) {
        if (next == methods.size()) {
            end.complete(List.copyOf(shared));
            close();
            return;
        }
        Optional<Notify> link = answer.notify(NotifyType.ADDITIONAL_KEY_EXCHANGE);
        if (link.isEmpty()) {
            refuse(NotifyType.INVALID_SYNTAX);
        } else if (session.isClosing() || sa != session.current()) {
            abandon(); // nothing exists yet that would have to be deleted
        } else {
            KeyAgreement additional = context.crypto().keyAgreement(methods.get(next++));
            session.exchanges()
                    .send(sa, new FollowUp(additional, link.orElseThrow().data()));
        }
    }

    private void refuse(int error) {
        close();
        end.refused(error);
    }

    private void abandon() {
        close();
        end.abandoned();
    }

    private void close() {
        shared.forEach(SecretBytes::close);
    }

    /** One additional key exchange. */
    private final class FollowUp implements Exchange {

        private final KeyAgreement additional;
        private final byte[] link;

        FollowUp(KeyAgreement additional, byte[] link) {
            this.additional = additional;
            this.link = link;
        }

        @Override
        public int type() {
            return ExchangeType.IKE_FOLLOWUP_KE;
        }

        @Override
        public Payloads request() {
            return Payloads.of(
                    new KeyExchange(Algorithms.transformId(additional.method()), additional.publicValue()),
                    new Notify(NotifyType.ADDITIONAL_KEY_EXCHANGE, link));
        }

        @Override
        public void onResponse(IkeSa.Incoming incoming) {
            Payloads answer = incoming.payloads().orElse(Payloads.of());
            Optional<KeyExchange> ke = answer.first(KeyExchange.class)
                    .filter(k -> k.method() == Algorithms.transformId(additional.method()));
            if (ke.isEmpty()) {
                refuse(answer.error().map(Notify::notifyType).orElse(NotifyType.INVALID_SYNTAX));
                return;
            }
            try {
                shared.add(additional.finish(ke.orElseThrow().data()));
            } catch (MalformedException _) {
                refuse(NotifyType.INVALID_SYNTAX);
                return;
            }
            proceed(answer);
        }

        @Override
        public void onAbandoned() {
            abandon();
        }
    }
}
