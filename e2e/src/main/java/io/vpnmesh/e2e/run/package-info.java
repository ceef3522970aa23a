// SPDX-License-Identifier: Apache-2.0

/// One run of the lab on this machine: commands, what it made, and how all of it goes away again, also after a crash.
@NullMarked
package io.vpnmesh.e2e.run;

import org.jspecify.annotations.NullMarked;
