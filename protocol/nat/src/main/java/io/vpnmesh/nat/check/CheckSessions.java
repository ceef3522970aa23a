// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.check;

import io.vpnmesh.nat.stun.StunMessage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The check sessions of all living IKE SAs with one peer; we ask with the newest, and answer with any. */
public final class CheckSessions {

    private final Map<String, CheckSession> byOwnId = new LinkedHashMap<>();
    private @Nullable CheckSession newest;

    public @Nullable CheckSession newest() {
        return newest;
    }

    public void add(CheckCredentials credentials) {
        newest = new CheckSession(credentials);
        byOwnId.remove(credentials.ownId());
        byOwnId.put(credentials.ownId(), newest);
    }

    public void remove(String ownId) {
        if (byOwnId.remove(ownId) == newest) {
            newest = null;
            byOwnId.values().forEach(last -> newest = last);
        }
    }

    public void clear() {
        byOwnId.clear();
        newest = null;
    }

    /** The session that the request belongs to, if it is authentic and no replay. */
    public Optional<CheckSession> verify(StunMessage request, byte[] bytes) {
        return request.username()
                .map(byOwnId::get)
                .filter(session -> session.verifyRequest(request, bytes).isPresent());
    }
}
