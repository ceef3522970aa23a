// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Narrowing (RFC 7296 section 2.9): what a peer asks for, cut down to what is allowed. */
final class Narrowing {

    /** The wire counts selectors in one octet. */
    private static final int MAX = 255;

    private Narrowing() {}

    /** Every non-empty intersection, in the order of what was asked; empty if nothing is left. */
    static List<TrafficSelector> narrow(List<TrafficSelector> asked, List<Cidr> allowed) {
        Set<TrafficSelector> left = new LinkedHashSet<>();
        for (TrafficSelector one : asked) {
            for (Cidr prefix : allowed) {
                one.intersect(TrafficSelector.of(prefix)).ifPresent(left::add);
            }
        }
        return left.stream().limit(MAX).toList();
    }

    /** Whether an answer stays within what was offered. */
    static boolean isWithin(List<TrafficSelector> answer, List<TrafficSelector> offered) {
        return !answer.isEmpty()
                && answer.stream().allMatch(a -> offered.stream().anyMatch(a::isWithin));
    }

    static List<TrafficSelector> selectors(List<Cidr> prefixes) {
        return prefixes.stream().map(TrafficSelector::of).toList();
    }
}
