// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkePayload.Delete;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.TransformType;
import java.util.ArrayList;
import java.util.List;

/** Our INFORMATIONAL requests (RFC 7296 section 1.4). */
sealed interface Informational extends Exchange {

    @Override
    default int type() {
        return ExchangeType.INFORMATIONAL;
    }

    /** Status notifies of ours; what is asked for before its turn comes travels in one message. */
    final class Notifies implements Informational {
        private final List<Notify> notifies = new ArrayList<>();

        /** A later notify of the same type replaces an earlier one that has not left: each is a whole statement. */
        void add(Notify notify) {
            notifies.removeIf(n -> n.notifyType() == notify.notifyType());
            notifies.add(notify);
        }

        @Override
        public Payloads request() {
            return new Payloads(List.copyOf(notifies));
        }

        @Override
        public void onResponse(IkeSa.Incoming incoming) {}
    }

    /** An empty request: any response is a sign of life. */
    record Liveness(Runnable alive) implements Informational {
        @Override
        public Payloads request() {
            return Payloads.of();
        }

        @Override
        public void onResponse(IkeSa.Incoming incoming) {
            alive.run();
        }
    }

    /** Deletes the IKE SA that carries it. */
    record DeleteIke(Runnable done) implements Informational {
        @Override
        public Payloads request() {
            return Payloads.of(new Delete(TransformType.PROTOCOL_IKE, List.of()));
        }

        @Override
        public void onResponse(IkeSa.Incoming incoming) {
            done.run();
        }

        @Override
        public void onAbandoned() {
            done.run();
        }
    }

    /** Deletes a Child SA; a Delete names the SPI that its sender receives on. */
    record DeleteChild(int inboundSpi, Runnable done) implements Informational {
        @Override
        public Payloads request() {
            return Payloads.of(new Delete(TransformType.PROTOCOL_ESP, List.of(ChildNegotiation.spiBytes(inboundSpi))));
        }

        @Override
        public void onResponse(IkeSa.Incoming incoming) {
            done.run();
        }

        @Override
        public void onAbandoned() {
            done.run();
        }
    }
}
