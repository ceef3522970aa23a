// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.ipsec.sa.ChildSa;
import org.jspecify.annotations.Nullable;

/**
 * How packets leave for a peer at the moment.
 *
 * @param child seals them
 * @param duplicate while the path is suspect: a second way for every packet; the replay window drops what arrives twice
 */
public record Transmission(
        ChildSa child, PathUse path, @Nullable PathUse duplicate) {}
