// SPDX-License-Identifier: Apache-2.0

/// Container images for the lab without a registry and without a base image.
@NullMarked
package io.vpnmesh.e2e.image;

import org.jspecify.annotations.NullMarked;
