// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.stun;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Whose STUN response is it? One registry per socket, one {@link TransactionIds} view per machine. One thread.
 *
 * @param <O> how the shell names a machine
 */
public final class TransactionRegistry<O> {

    private final RandomGenerator random;
    private final Map<TransactionId, O> owners = new HashMap<>();

    /** @param random must be unpredictable: the id is all that protects an unauthenticated response */
    public TransactionRegistry(RandomGenerator random) {
        this.random = random;
    }

    public Optional<O> ownerOf(TransactionId id) {
        return Optional.ofNullable(owners.get(id));
    }

    public int openCount() {
        return owners.size();
    }

    /** Forgets a machine that is gone. */
    public void forget(O owner) {
        owners.values().removeIf(owner::equals);
    }

    public TransactionIds forOwner(O owner) {
        return new TransactionIds() {
            @Override
            public TransactionId open() {
                TransactionId id = TransactionId.random(random);
                owners.put(id, owner);
                return id;
            }

            @Override
            public void close(TransactionId id) {
                owners.remove(id, owner);
            }
        };
    }
}
