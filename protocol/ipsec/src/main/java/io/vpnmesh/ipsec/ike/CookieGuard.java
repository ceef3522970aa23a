// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.Prf;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.WireWriter;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Stateless cookies (RFC 7296 section 2.6): proof that a direct peer can receive at the address and port it sends from.
 * The secret changes every minute; cookies of the previous one still count.
 */
final class CookieGuard {

    private static final long PERIOD_NS = 60_000_000_000L;
    private static final int SECRET = 32;
    private static final int COOKIE = 1 + 24;

    private final Prf prf;
    private final RandomGenerator random;
    private byte[] current;
    private byte[] last;
    private int version;
    private long changeNs;

    CookieGuard(CryptoProvider crypto, RandomGenerator random) {
        prf = crypto.prf(HashAlgorithm.SHA256);
        this.random = random;
        current = secret();
        last = secret();
    }

    byte[] cookie(Endpoint from, long initiatorSpi, byte[] nonce, long nowNs) {
        turn(nowNs);
        return cookie(current, version, from, initiatorSpi, nonce);
    }

    boolean isValid(byte[] cookie, Endpoint from, long initiatorSpi, byte[] nonce, long nowNs) {
        turn(nowNs);
        if (cookie.length != COOKIE) {
            return false;
        }
        boolean ofCurrent = cookie[0] == (byte) version;
        byte[] secret = ofCurrent ? current : last;
        int of = ofCurrent ? version : version - 1;
        return MessageDigest.isEqual(cookie, cookie(secret, of, from, initiatorSpi, nonce));
    }

    private byte[] cookie(byte[] secret, int of, Endpoint from, long initiatorSpi, byte[] nonce) {
        byte[] source = from.address().bytes();
        byte[] numbers = new WireWriter(10).u16(from.port()).i64(initiatorSpi).toByteArray();
        byte[] mac = prf.apply(secret, source, numbers, nonce);
        return new WireWriter(COOKIE).u8(of).bytes(mac, 0, COOKIE - 1).toByteArray();
    }

    private void turn(long nowNs) {
        if (nowNs >= changeNs) {
            Arrays.fill(last, (byte) 0);
            last = current;
            current = secret();
            version++;
            changeNs = nowNs + PERIOD_NS;
        }
    }

    private byte[] secret() {
        byte[] bytes = new byte[SECRET];
        random.nextBytes(bytes);
        return bytes;
    }
}
