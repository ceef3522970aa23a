// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.observe;

import io.vpnmesh.nat.path.Candidate;
import java.util.List;

/** What a {@link NatObserver} tells. */
public sealed interface ObserverEvent {

    /** The outside view is another than before; the first view counts too. */
    record ReflexiveChanged(List<Candidate> candidates, NatType type) implements ObserverEvent {
        public ReflexiveChanged {
            candidates = List.copyOf(candidates);
        }
    }
}
