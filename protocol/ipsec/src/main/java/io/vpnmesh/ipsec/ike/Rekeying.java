// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;

/** Replacing Child SAs and IKE SAs of one session. */
final class Rekeying {

    private final IkeContext context;
    private final IkeSession session;
    private final ChildTable children;

    Rekeying(IkeContext context, IkeSession session, ChildTable children) {
        this.context = context;
        this.session = session;
        this.children = children;
    }

    void startChild(ChildTable.Child child) {
        child.rekeying(true);
    }

    void startIke() {}

    boolean isHoldingRequests() {
        return false;
    }

    boolean isSuccessor(IkeSa sa) {
        return false;
    }

    void published(int inboundSpi) {}

    void trafficSeen(int inboundSpi) {}

    void onCreateChild(RequestHandler.Asker asker, Payloads payloads) {
        Payloads reply = Payloads.of(new Notify(NotifyType.NO_ADDITIONAL_SAS));
        session.respond(asker.sa(), ExchangeType.CREATE_CHILD_SA, reply, asker.from(), asker.at());
    }

    void onFollowUp(RequestHandler.Asker asker, Payloads payloads) {
        Payloads reply = Payloads.of(new Notify(NotifyType.STATE_NOT_FOUND));
        session.respond(asker.sa(), ExchangeType.IKE_FOLLOWUP_KE, reply, asker.from(), asker.at());
    }

    boolean onCurrentDeleted() {
        return false;
    }

    void onDeleted(IkeSa sa) {}

    boolean onChildDeleted(ChildTable.Child child) {
        children.remove(child);
        return true;
    }

    void abandon() {}

    void onTimer() {}

    long nextWakeupNs() {
        return context.nowNs() < 0 ? 0 : SaOwner.NEVER;
    }
}
