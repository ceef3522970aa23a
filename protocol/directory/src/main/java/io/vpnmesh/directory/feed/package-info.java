// SPDX-License-Identifier: Apache-2.0
/** What an operator streams to its sidecars and relays, one JSON line an event. */
@NullMarked
package io.vpnmesh.directory.feed;

import org.jspecify.annotations.NullMarked;
