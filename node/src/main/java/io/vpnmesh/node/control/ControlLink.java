// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import io.vpnmesh.directory.enrol.StatusReport;
import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.node.config.NodeConfig;
import io.vpnmesh.node.identity.IdentityStore;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.node.identity.UnusableCredentialsException;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;

/** How a node becomes and stays a member: {@link #obtain} once, then {@link #follow}. */
public interface ControlLink extends AutoCloseable {

    /** The link that the configuration asks for. Errors: IOException when {@code state.dir} cannot be used. */
    static ControlLink of(NodeConfig config, IdentityStore store, InstantSource clock, SecureRandom random)
            throws IOException {
        return switch (config.control()) {
            case ControlSource.Operator operator -> new OperatorLink(operator, config.suite(), store, clock, random);
            case ControlSource.Files files -> new FileLink(files, clock);
        };
    }

    /**
     * The node's credentials: kept ones if valid, else new ones; with an operator it waits and tries until there are
     * some.
     * Errors: UnusableCredentialsException when waiting cannot help
     */
    NodeCredentials obtain() throws InterruptedException, UnusableCredentialsException;

    /** Begins to renew and to listen, after {@link #obtain}. */
    void follow(ControlListener listener);

    /** Reports to the operator; does nothing without one. Blocks up to 20 seconds. */
    void report(StatusReport report) throws IOException;

    /**
     * The wire shows that the directory is behind: whoever waits before he asks for it again waits no longer. Does
     * nothing while it is being followed; may be called often and on any thread.
     */
    void lookNow();

    @Override
    void close();
}
