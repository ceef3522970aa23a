// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar;

import io.vpnmesh.node.config.ConfigException;
import io.vpnmesh.node.config.NodeConfig;
import io.vpnmesh.node.config.Settings;
import io.vpnmesh.node.log.LineLoggerFinder;
import io.vpnmesh.sidecar.setup.SetupCommand;
import io.vpnmesh.transport.setup.SetupException;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Arrays;

/** {@code setup} makes the interface and ends; {@code run} is the sidecar. */
public final class Main {

    private static final int FAILED = 1;
    private static final int USAGE = 2;

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length == 0 || !(arguments[0].equals("setup") || arguments[0].equals("run"))) {
            end(
                    USAGE,
                    "usage: vpnmesh-sidecar setup|run [--config FILE]; without a file the settings come from"
                            + " VPNMESH_… variables");
            return;
        }
        if (arguments[0].equals("run")) {
            SelfTests.link();
        }
        try {
            NodeConfig config = NodeConfig.ofSidecar(
                    Settings.ofArguments(Arrays.copyOfRange(arguments, 1, arguments.length), System.getenv()));
            LineLoggerFinder.setLevel(config.logLevel());
            if (arguments[0].equals("setup")) {
                SetupCommand.run(config, InstantSource.system(), System.getenv());
                System.exit(0); // a hanging call of an earlier attempt must not keep the process
            } else {
                Sidecar.run(config, InstantSource.system());
            }
        } catch (ConfigException e) {
            end(USAGE, e.getMessage());
        } catch (SetupException | IOException e) {
            end(FAILED, e.getMessage());
        }
    }

    /** The last line of standard error is what Kubernetes shows as termination message: it says what to do. */
    @SuppressWarnings("SystemExitOutsideMain")
    private static void end(int status, @org.jspecify.annotations.Nullable String message) {
        System.err.println("vpnmesh-sidecar: " + message);
        System.exit(status);
    }
}
