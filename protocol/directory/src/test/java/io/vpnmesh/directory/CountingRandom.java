// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;

/** The same bytes in every run, so that examples can be committed. For tests only: its secrets are public. */
public final class CountingRandom extends SecureRandom {

    private static final long serialVersionUID = 1L;

    private long counter;

    @Override
    public void nextBytes(byte[] bytes) {
        try {
            for (int at = 0; at < bytes.length; at += 32) {
                byte[] block = MessageDigest.getInstance("SHA-256")
                        .digest(ByteBuffer.allocate(8).putLong(counter++).array());
                System.arraycopy(block, 0, bytes, at, Math.min(32, bytes.length - at));
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public byte[] generateSeed(int count) {
        byte[] seed = new byte[count];
        Arrays.fill(seed, (byte) 1);
        return seed;
    }
}
