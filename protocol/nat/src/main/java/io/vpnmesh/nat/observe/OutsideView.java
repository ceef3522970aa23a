// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.observe;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.nat.path.Candidate;
import io.vpnmesh.nat.path.CandidateKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a set of samples (observer to the address it saw) means. Pure. */
record OutsideView(NatType type, List<Candidate> candidates) {

    OutsideView {
        candidates = List.copyOf(candidates);
    }

    /** The type is that of IPv4 where any observer saw an IPv4 address: IPv6 is rarely translated. */
    static OutsideView of(Map<Endpoint, Endpoint> samples, @Nullable Endpoint local, boolean silent) {
        if (samples.isEmpty()) {
            return new OutsideView(silent ? NatType.UDP_BLOCKED : NatType.UNKNOWN, List.of());
        }
        List<Candidate> candidates = new ArrayList<>();
        NatType v6 = classify(samples, 6, local, candidates);
        NatType v4 = classify(samples, 4, local, candidates);
        boolean anyV4 =
                samples.values().stream().anyMatch(seen -> seen.address().isV4());
        return new OutsideView(anyV4 ? v4 : v6, candidates);
    }

    /** The port of a dependent candidate is a guess: another one is no news, and must not wake every peer. */
    boolean saysTheSameAs(List<Candidate> before) {
        return withoutGuesses(candidates).equals(withoutGuesses(before));
    }

    private static List<Candidate> withoutGuesses(List<Candidate> list) {
        return list.stream()
                .map(one -> one.kind() == CandidateKind.DEPENDENT_REFLEXIVE
                        ? Candidate.of(one.kind(), new Endpoint(one.endpoint().address(), 0))
                        : one)
                .toList();
    }

    private static NatType classify(
            Map<Endpoint, Endpoint> samples, int family, @Nullable Endpoint local, List<Candidate> candidates) {
        Set<IpAddress> observers = new LinkedHashSet<>();
        Set<Endpoint> seen = new LinkedHashSet<>();
        samples.forEach((observer, mapped) -> {
            if (mapped.address().family() == family) {
                observers.add(observer.address());
                seen.add(mapped);
            }
        });
        if (seen.size() > 1) {
            Map<IpAddress, Endpoint> perAddress = new LinkedHashMap<>();
            seen.forEach(mapped -> perAddress.putIfAbsent(mapped.address(), mapped));
            perAddress
                    .values()
                    .forEach(mapped -> candidates.add(Candidate.of(CandidateKind.DEPENDENT_REFLEXIVE, mapped)));
            return NatType.ADDRESS_DEPENDENT;
        }
        seen.forEach(mapped -> candidates.add(Candidate.of(CandidateKind.SERVER_REFLEXIVE, mapped)));
        if (observers.size() < 2) {
            return NatType.UNKNOWN;
        }
        return local != null && seen.contains(local) ? NatType.OPEN : NatType.ENDPOINT_INDEPENDENT;
    }
}
