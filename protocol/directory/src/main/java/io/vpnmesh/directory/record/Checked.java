// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

/** What came of verifying something signed. */
public sealed interface Checked<T> {

    /** The signature, the chain and the rules of the kind all fit. */
    record Valid<T>(T value) implements Checked<T> {}

    /**
     * Something does not fit.
     *
     * @param message for logs; names what did not fit
     */
    record Refused<T>(String message) implements Checked<T> {}
}
