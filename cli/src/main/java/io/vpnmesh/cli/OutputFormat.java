// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

/** What {@code -o} takes. */
enum OutputFormat {
    /** For people. */
    table,
    /** For programs: the objects as the API server has them, as a List. */
    json
}
