// SPDX-License-Identifier: Apache-2.0
/** Builds the container images from nothing: C library, trimmed Java runtime, application; no base image, no registry. */
@NullMarked
package io.vpnmesh.images;

import org.jspecify.annotations.NullMarked;
