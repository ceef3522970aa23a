// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.feed;

/** What other members may open at a pod that says nothing itself; {@code spec.inbound} of a mesh. */
public enum InboundDefault {
    DECLARED_PORTS("DeclaredPorts"),
    ALL("All"),
    NONE("None");

    private final String text;

    InboundDefault(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    /** Errors: IllegalArgumentException that lists the choices. */
    public static InboundDefault parse(String text) {
        for (InboundDefault choice : values()) {
            if (choice.text.equals(text)) {
                return choice;
            }
        }
        throw new IllegalArgumentException("inbound '" + text + "' is unknown; write DeclaredPorts, All or None");
    }
}
