// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.stun;

/**
 * Where a machine takes its transaction ids from, and gives them back when they are answered or given up. A shell with
 * several machines on one socket hands out views of a {@link TransactionRegistry}, and so knows whose response it is.
 */
public interface TransactionIds {

    TransactionId open();

    void close(TransactionId id);
}
