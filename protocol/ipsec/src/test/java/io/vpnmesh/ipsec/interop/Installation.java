// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a peer's programs come from.
 *
 * @param root the root folder of the Debian that has them; {@code /} is this machine's own
 */
record Installation(Path root) {

    static final Installation OF_THIS_MACHINE = new Installation(Path.of("/"));

    /**
     * Programs, libraries and their configuration are the other Debian's, everything else (devices, temporary folders, the
     * network namespace) is ours. The mounts are in a namespace of that process and end with it, however it ends. The
     * last mount comes last because it takes {@code mount} itself away.
     */
    private static final String LEND = "mount --bind \"$0/etc\" /etc && mount --bind \"$0/usr\" /usr && exec \"$@\"";

    boolean has(String program) {
        return Files.isExecutable(root.resolve(Path.of("/").relativize(Path.of(program))));
    }

    /** What to call so that a program of this installation runs, as one process. */
    List<String> command(String... programAndArguments) {
        List<String> command = new ArrayList<>();
        if (!equals(OF_THIS_MACHINE)) {
            command.addAll(List.of("unshare", "--mount", "sh", "-c", LEND, root.toString()));
        }
        command.addAll(List.of(programAndArguments));
        return command;
    }
}
