// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.crypto;

import io.vpnmesh.core.crypto.AeadEngine;
import io.vpnmesh.core.crypto.JdkEngine;
import java.util.ArrayList;
import java.util.List;

/**
 * Who seals and opens packets in this process, and why nobody faster does.
 *
 * @param engine passed its self-test, or is the JDK
 * @param refused a reason for each library that was tried before it
 */
public record AeadChoice(AeadEngine engine, List<String> refused) {

    /** The fastest that works here. */
    public static final String AUTO = "auto";

    /** What a setting may say. */
    public static final List<String> NAMES = List.of(AUTO, IpsecMbEngine.NAME, OpenSslEngine.NAME, JdkEngine.NAME);

    public AeadChoice {
        refused = List.copyOf(refused);
    }

    /** The JDK, without looking for another. */
    public static AeadChoice jdk() {
        return new AeadChoice(new JdkEngine(), List.of());
    }

    /**
     * Loads and tests.
     *
     * @param name one of {@link #NAMES}
     * Errors: UnusableEngineException when the one that was named cannot be used; {@code auto} and {@code jdk} never fail
     */
    public static AeadChoice of(String name) throws UnusableEngineException {
        return switch (name) {
            case AUTO -> fastest();
            case JdkEngine.NAME -> jdk();
            case IpsecMbEngine.NAME -> new AeadChoice(tested(IpsecMbEngine.load()), List.of());
            case OpenSslEngine.NAME -> new AeadChoice(tested(OpenSslEngine.load()), List.of());
            default -> throw new IllegalArgumentException(name + " is none of " + NAMES);
        };
    }

    private static AeadChoice fastest() {
        List<String> refused = new ArrayList<>();
        for (String name : List.of(IpsecMbEngine.NAME, OpenSslEngine.NAME)) {
            try {
                return new AeadChoice(of(name).engine(), refused);
            } catch (UnusableEngineException e) {
                refused.add(name + ": " + e.getMessage());
            }
        }
        return new AeadChoice(new JdkEngine(), refused);
    }

    private static AeadEngine tested(AeadEngine engine) throws UnusableEngineException {
        AeadSelfTest.check(engine);
        return engine;
    }
}
