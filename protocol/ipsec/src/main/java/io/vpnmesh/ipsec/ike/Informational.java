// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Delete;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.TransformType;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Our INFORMATIONAL requests (RFC 7296 section 1.4). */
sealed interface Informational extends Exchange {

    @Override
    default int type() {
        return ExchangeType.INFORMATIONAL;
    }

    /** All of them say the same on whichever IKE SA, but those that are about one. */
    @Override
    default boolean isRepeatable() {
        return true;
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
        public boolean isUrgent() {
            return true;
        }

        @Override
        public Payloads request() {
            return Payloads.of();
        }

        @Override
        public void onResponse(IkeSa.Incoming incoming) {
            alive.run();
        }
    }

    /** Our token of an IKE SA whose rekey we started (RFC 6290 section 4.2). */
    record CrashToken(Notify token, BooleanSupplier replaced) implements Informational {
        @Override
        public Payloads request() {
            return Payloads.of(token);
        }

        @Override
        public boolean isStale() {
            return replaced.getAsBoolean();
        }

        @Override
        public boolean isRepeatable() {
            return false;
        }

        @Override
        public void onResponse(IkeSa.Incoming incoming) {}
    }

    /**
     * Tells a foreign peer that we have moved (RFC 4555 section 3.5), and sees whether its answer comes from who read the
     * question there.
     *
     * @param natDetection of the addresses in use when the request leaves
     * @param agreed the peer sends to the new address from now on
     */
    record UpdateAddresses(Supplier<List<IkePayload>> natDetection, byte[] cookie, Runnable agreed)
            implements Informational {
        @Override
        public boolean isUrgent() {
            return true;
        }

        @Override
        public Payloads request() {
            List<IkePayload> payloads = new ArrayList<>();
            payloads.add(new Notify(NotifyType.UPDATE_SA_ADDRESSES));
            payloads.addAll(natDetection.get());
            payloads.add(new Notify(NotifyType.COOKIE2, cookie));
            return new Payloads(payloads);
        }

        @Override
        public void onResponse(IkeSa.Incoming incoming) {
            Payloads answer = incoming.payloads().orElse(Payloads.of());
            boolean echoed = answer.notify(NotifyType.COOKIE2)
                    .filter(n -> MessageDigest.isEqual(n.data(), cookie))
                    .isPresent();
            if (echoed && answer.error().isEmpty()) {
                agreed.run();
            }
        }
    }

    /**
     * Deletes the IKE SA that carries it.
     *
     * @param childSpis of our Child SAs, when the whole session ends with it
     */
    record DeleteIke(List<Integer> childSpis, Runnable done) implements Informational {
        @Override
        public Payloads request() {
            Delete own = new Delete(TransformType.PROTOCOL_IKE, List.of());
            List<byte[]> spis =
                    childSpis.stream().map(ChildNegotiation::spiBytes).toList();
            return spis.isEmpty() ? Payloads.of(own) : Payloads.of(own, new Delete(TransformType.PROTOCOL_ESP, spis));
        }

        @Override
        public boolean isRepeatable() {
            return false;
        }

        @Override
        public void onResponse(IkeSa.Incoming incoming) {
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
