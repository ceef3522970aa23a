// SPDX-License-Identifier: Apache-2.0
/** A small view on JSON for the feed and the operator's HTTP interface. */
@NullMarked
package io.vpnmesh.directory.json;

import org.jspecify.annotations.NullMarked;
