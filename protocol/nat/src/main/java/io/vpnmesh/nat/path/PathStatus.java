// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import java.util.Optional;

/**
 * How a peer is reached, for people.
 *
 * @param rttMs smoothed; 0 = not measured
 * @param directPairs pairs that answer
 */
public record PathStatus(Optional<Path> path, Reason reason, double rttMs, int lossPerMille, int directPairs) {}
