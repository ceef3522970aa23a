// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.cli.lab.LabCommand;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry: {@code kubectl vpnmesh VERB …}. */
@Command(
        name = "kubectl vpnmesh",
        mixinStandardHelpOptions = true,
        version = "vpnmesh 0.1.0",
        description = "Private networks for pods that span clusters.",
        subcommands = {InviteCommand.class, JoinCommand.class, StatusCommand.class, PeersCommand.class, LabCommand.class
        })
public final class Main {

    private static final int FAILED = 1;

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** Exit codes: 0 done, 1 failed (the message says what to do), 2 wrong usage. */
    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        line.setExecutionExceptionHandler((error, where, _) -> {
            PrintWriter err = where.getErr();
            switch (error) {
                case CliException known -> err.println("error: " + known.getMessage());
                case KubernetesClientException api -> err.println("error: " + ApiErrors.explain(api));
                default -> {
                    err.println("error: a fault of this program, please report it:");
                    error.printStackTrace(err);
                }
            }
            err.flush();
            return FAILED;
        });
        return line;
    }
}
