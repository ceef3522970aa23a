// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

/**
 * How a NAT behaves, in the words of RFC 4787.
 *
 * @param mapping section 4.1
 * @param filtering section 5
 * @param preservesPorts section 4.2.1: tries to give the inside port
 * @param hairpins section 6, with the external source address
 * @param clashes like a Linux router without an input filter: an unsolicited packet from outside takes the tuple, and our
 *     later packet to the same remote is moved to another port
 * @param blocked drops all UDP
 * @param lifetimeNs section 4.3: a mapping dies so long after the last packet from inside
 */
public record NatBehaviour(
        Dependence mapping,
        Dependence filtering,
        boolean preservesPorts,
        boolean hairpins,
        boolean clashes,
        boolean blocked,
        long lifetimeNs) {

    /** On what of the remote end something depends. */
    public enum Dependence {
        ENDPOINT_INDEPENDENT,
        ADDRESS,
        ADDRESS_AND_PORT
    }

    private static final long TWO_MINUTES_NS = 120_000_000_000L;

    public static NatBehaviour of(Dependence mapping, Dependence filtering) {
        return new NatBehaviour(
                mapping, filtering, mapping == Dependence.ENDPOINT_INDEPENDENT, false, false, false, TWO_MINUTES_NS);
    }

    /** The usual home router. */
    public static NatBehaviour home() {
        return of(Dependence.ENDPOINT_INDEPENDENT, Dependence.ADDRESS_AND_PORT);
    }

    /** What most clusters have. */
    public static NatBehaviour symmetric() {
        return of(Dependence.ADDRESS_AND_PORT, Dependence.ADDRESS_AND_PORT);
    }

    public NatBehaviour withRandomPorts() {
        return new NatBehaviour(mapping, filtering, false, hairpins, clashes, blocked, lifetimeNs);
    }

    public NatBehaviour withHairpin() {
        return new NatBehaviour(mapping, filtering, preservesPorts, true, clashes, blocked, lifetimeNs);
    }

    public NatBehaviour withClashes() {
        return new NatBehaviour(mapping, filtering, preservesPorts, hairpins, true, blocked, lifetimeNs);
    }

    public NatBehaviour withBlockedUdp() {
        return new NatBehaviour(mapping, filtering, preservesPorts, hairpins, clashes, true, lifetimeNs);
    }

    public NatBehaviour withLifetimeNs(long lifetime) {
        return new NatBehaviour(mapping, filtering, preservesPorts, hairpins, clashes, blocked, lifetime);
    }
}
