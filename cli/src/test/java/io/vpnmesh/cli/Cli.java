// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** Runs a command line as a person would, and keeps what it prints. */
public record Cli(int exit, String out, String err) {

    public static Cli run(String... arguments) {
        return run(Main.commandLine(), arguments);
    }

    static Cli run(CommandLine line, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        int exit = line.execute(arguments);
        return new Cli(exit, out.toString(), err.toString());
    }
}
