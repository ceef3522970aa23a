// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.io.IOException;

/** Another implementation of IKEv2 and ESP, in a namespace of its own. Every method returns when the peer has done it. */
interface Peer extends AutoCloseable {

    /** Makes a peer of its settings; it does not run yet. */
    interface Factory {
        Peer create(LabNet net, Identities.Credentials credentials, PeerSettings settings) throws IOException;

        /** The implementation with its version, for the head of the matrix. Errors: IOException if it is not installed. */
        String version() throws IOException;
    }

    /** Starts the program with its configuration loaded; after {@link #kill} once more. */
    void start() throws IOException;

    /** Starts an IKE SA with a Child SA. Errors: IllegalStateException with what the peer says about a failure. */
    void initiate() throws IOException;

    void rekeyIke() throws IOException;

    void rekeyChild() throws IOException;

    /** Deletes the IKE SA. */
    void terminate() throws IOException;

    /** Deletes the Child SA alone. */
    void terminateChild() throws IOException;

    /** Its SAs, as it lists them. */
    String status() throws IOException;

    /** Runs a program on the peer's host, to its end. */
    String run(String... command) throws IOException;

    /** Everything it has logged. */
    String log() throws IOException;

    /** Takes the process away without a word to its peers. */
    void kill() throws IOException;

    @Override
    void close() throws IOException;
}
