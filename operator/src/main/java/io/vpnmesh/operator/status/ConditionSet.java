// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Conditions of one object in the making: a condition that keeps its status keeps the time of its last change. */
public final class ConditionSet {

    private final Map<String, Condition> before = new LinkedHashMap<>();
    private final Map<String, Condition> after = new LinkedHashMap<>();
    private final long generation;
    private final Instant now;

    public ConditionSet(Collection<Condition> before, long generation, Instant now) {
        before.forEach(condition -> this.before.put(condition.getType(), condition));
        this.generation = generation;
        this.now = now;
    }

    /** What a condition says. */
    public enum State {
        TRUE("True"),
        FALSE("False"),
        UNKNOWN("Unknown");

        private final String text;

        State(String text) {
            this.text = text;
        }

        static State of(boolean value) {
            return value ? TRUE : FALSE;
        }
    }

    public ConditionSet set(String type, boolean state, String reason, String message) {
        return set(type, State.of(state), reason, message);
    }

    public ConditionSet set(String type, State state, String reason, String message) {
        Condition old = before.get(type);
        String since = old != null && state.text.equals(old.getStatus())
                ? old.getLastTransitionTime()
                : now.truncatedTo(ChronoUnit.SECONDS).toString();
        after.put(
                type,
                new ConditionBuilder()
                        .withType(type)
                        .withStatus(state.text)
                        .withReason(reason)
                        .withMessage(message)
                        .withObservedGeneration(generation)
                        .withLastTransitionTime(since)
                        .build());
        return this;
    }

    /** Whether the condition was set to True. */
    public boolean holds(String type) {
        Condition condition = after.get(type);
        return condition != null && State.TRUE.text.equals(condition.getStatus());
    }

    /** The condition that was set; IllegalArgumentException if none was. */
    public Condition get(String type) {
        Condition condition = after.get(type);
        if (condition == null) {
            throw new IllegalArgumentException("no condition " + type);
        }
        return condition;
    }

    /** In the order in which they were set. */
    public List<Condition> toList() {
        return new ArrayList<>(after.values());
    }
}
