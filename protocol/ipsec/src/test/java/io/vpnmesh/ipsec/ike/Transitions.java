// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.message.ExchangeType;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Every transition that engines were seen to make: of attempts of ours, attempts of peers, sessions and Child SAs; from
 * which state, in which turn, to which.
 */
final class Transitions {

    private static final String NOTHING = "-";

    private static final Map<Integer, String> EXCHANGES = Map.of(
            ExchangeType.IKE_SA_INIT, "IKE_SA_INIT",
            ExchangeType.IKE_AUTH, "IKE_AUTH",
            ExchangeType.CREATE_CHILD_SA, "CREATE_CHILD_SA",
            ExchangeType.INFORMATIONAL, "INFORMATIONAL",
            ExchangeType.IKE_SESSION_RESUME, "IKE_SESSION_RESUME",
            ExchangeType.IKE_INTERMEDIATE, "IKE_INTERMEDIATE",
            ExchangeType.IKE_FOLLOWUP_KE, "IKE_FOLLOWUP_KE");

    private final Set<String> seen = new TreeSet<>();
    private final boolean watching;

    Transitions() {
        this(true);
    }

    private Transitions(boolean watching) {
        this.watching = watching;
    }

    /** Sees nothing, which is quicker. */
    static Transitions unseen() {
        return new Transitions(false);
    }

    /** One a line, sorted. */
    Set<String> all() {
        return seen;
    }

    static String exchange(byte[] message) {
        return EXCHANGES.getOrDefault(message[18] & 0xFF, "exchange " + (message[18] & 0xFF));
    }

    /** A turn with this input. */
    void handle(IkeEndpoint ike, IkeInput input, Runnable turn) {
        turn(ike, watching ? name(input) : "", turn);
    }

    private static String name(IkeInput input) {
        if (input instanceof IkeInput.Received received && received.message().length >= 20) {
            boolean response = (received.message()[19] & 0x20) != 0;
            return exchange(received.message()) + (response ? " response" : " request");
        }
        return input.getClass().getSimpleName();
    }

    void turn(IkeEndpoint ike, String trigger, Runnable turn) {
        if (!watching) {
            turn.run();
            return;
        }
        Map<Object, String> before = states(ike);
        turn.run();
        Map<Object, String> after = states(ike);
        before.forEach((what, from) -> add(what, from, trigger, after.getOrDefault(what, NOTHING)));
        after.forEach((what, to) -> {
            if (!before.containsKey(what)) {
                add(what, NOTHING, trigger, to);
            }
        });
    }

    private void add(Object what, String from, String trigger, String to) {
        if (!from.equals(to)) {
            seen.add("%-9s %-13s %-27s %s".formatted(kind(what), from, trigger, to));
        }
    }

    private static String kind(Object what) {
        return switch (what) {
            case InitiatorHandshake _ -> "attempt";
            case ResponderHandshake _ -> "half-open";
            case IkeSession _ -> "session";
            case ChildTable.Child _ -> "child";
            default -> throw new IllegalArgumentException("what is " + what.getClass());
        };
    }

    private static Map<Object, String> states(IkeEndpoint ike) {
        Map<Object, String> states = new IdentityHashMap<>();
        for (SaOwner owner : ike.owners()) {
            states.put(owner, owner.state().name());
            if (owner instanceof IkeSession session) {
                session.children()
                        .all()
                        .forEach(child -> states.put(child, child.state().name()));
            }
        }
        return states;
    }
}
