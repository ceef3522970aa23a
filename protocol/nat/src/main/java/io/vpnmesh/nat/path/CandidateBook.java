// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A node's own candidates from all their sources, and the epoch that grows with every change. One thread. */
public final class CandidateBook {

    private List<Candidate> host = List.of();
    private List<Candidate> reflexive = List.of();
    private List<Candidate> configured = List.of();
    private CandidateList current;

    /** @param bootEpoch makes the epochs of this process higher than those of the one before */
    public CandidateBook(long bootEpoch) {
        current = new CandidateList(bootEpoch, List.of());
    }

    public CandidateList current() {
        return current;
    }

    /** Each setter returns whether the list changed; then {@link #current} has a new epoch. */
    public boolean host(List<Candidate> candidates) {
        host = List.copyOf(candidates);
        return refresh();
    }

    public boolean reflexive(List<Candidate> candidates) {
        reflexive = List.copyOf(candidates);
        return refresh();
    }

    /** Static and port-mapped ones. */
    public boolean configured(List<Candidate> candidates) {
        configured = List.copyOf(candidates);
        return refresh();
    }

    private boolean refresh() {
        List<Candidate> all = new ArrayList<>(host);
        all.addAll(reflexive);
        all.addAll(configured);
        all.sort(Comparator.comparingInt((Candidate candidate) -> candidate.priority() ^ Integer.MIN_VALUE)
                .reversed());
        List<Candidate> limited =
                all.stream().distinct().limit(CandidateList.MAX_CANDIDATES).toList();
        if (limited.equals(current.candidates())) {
            return false;
        }
        current = new CandidateList(current.epoch() + 1, limited);
        return true;
    }
}
