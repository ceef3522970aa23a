// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.wire;

/**
 * Bytes that do not follow their format. Checked, so that a codec's caller decides what dies: the packet, the SA, the
 * connection. Carries no stack trace: hostile bytes must be cheap.
 */
public final class MalformedException extends Exception {

    private static final long serialVersionUID = 1L;

    private final int offset;
    private final String field;
    private final String problem;

    public MalformedException(int offset, String field) {
        this(offset, field, "malformed");
    }

    public MalformedException(int offset, String field, String problem) {
        super(null, null, false, false);
        this.offset = offset;
        this.field = field;
        this.problem = problem;
    }

    @Override
    public String getMessage() {
        return field + " at offset " + offset + ": " + problem;
    }

    /** What is wrong, without the place: for people who wrote the text themselves. */
    public String problem() {
        return problem;
    }

    public int offset() {
        return offset;
    }

    public String field() {
        return field;
    }
}
