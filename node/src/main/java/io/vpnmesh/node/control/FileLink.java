// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import io.vpnmesh.directory.enrol.StatusReport;
import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.node.identity.IdentityFolder;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.node.identity.UnusableCredentialsException;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Membership outside Kubernetes: an identity folder and a feed file. */
final class FileLink implements ControlLink {

    private final ControlSource.Files files;
    private final InstantSource clock;
    private volatile @Nullable FeedFile feed;

    FileLink(ControlSource.Files files, InstantSource clock) {
        this.files = files;
        this.clock = clock;
    }

    @Override
    public NodeCredentials obtain() throws UnusableCredentialsException {
        return IdentityFolder.read(files.identityDir(), clock.instant());
    }

    @Override
    public void follow(ControlListener listener) {
        FeedFile file = new FeedFile(files.feedFile(), listener);
        feed = file;
        file.start();
    }

    @Override
    public void report(StatusReport report) {
        // nobody to tell; the status page has it
    }

    /** A file is looked at all the time. */
    @Override
    public void lookNow() {}

    @Override
    public void close() {
        FeedFile file = feed;
        if (file != null) {
            file.close();
        }
    }
}
