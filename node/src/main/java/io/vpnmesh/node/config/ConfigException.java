// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.config;

/** The configuration cannot be used; the message names the setting and the fix. */
public final class ConfigException extends Exception {

    public ConfigException(String message) {
        super(message);
    }

    public ConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
