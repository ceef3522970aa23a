// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.wire.MalformedException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS between members of a mesh: TLS 1.3 only, mesh certificates on our side, {@link CertificateVerifier} on theirs.
 * Names of hosts play no part: who the peer is stands in its certificate, and callers ask {@link #peer} afterwards.
 */
public final class MeshTls {

    private static final String TLS_1_3 = "TLSv1.3";

    private MeshTls() {}

    /**
     * A context for either direction.
     *
     * @param chain leaf, intermediate, root: the root goes along so that a joiner can compare its fingerprint
     * @param verifier asked at each handshake, so that it may change with the feed
     * @param allowed what the peer must be besides a member; refused with {@link RefusalReason#WRONG_ROLE}
     */
    public static SSLContext context(
            PrivateKey key,
            List<X509Certificate> chain,
            Supplier<CertificateVerifier> verifier,
            Predicate<NodeIdentity> allowed,
            InstantSource clock) {
        return context(keyManager(key, chain), trustManager(verifier, allowed, clock));
    }

    /**
     * A client context of a joiner, which has no certificate yet and knows the mesh by its root's fingerprint only.
     *
     * @param rootSha256 from the join token, 32 bytes
     */
    public static SSLContext joining(byte[] rootSha256, InstantSource clock) {
        return context(null, new PinnedRootTrust(rootSha256, clock));
    }

    /**
     * A client context towards the operator's HTTPS, which stands outside the mesh's PKI.
     *
     * @param anchors of {@code ca.file}; two while the operator's authority is rotated
     * @param serverName the DNS name that the server's certificate must carry; the address dialled plays no part
     */
    public static SSLContext towardsOperator(
            Collection<X509Certificate> anchors, String serverName, InstantSource clock) {
        return context(null, new AnchorTrust(anchors, serverName, clock));
    }

    /** As {@link #towardsOperator(Collection, String, InstantSource)}, showing a mesh certificate when asked. */
    public static SSLContext towardsOperator(
            Collection<X509Certificate> anchors,
            String serverName,
            InstantSource clock,
            PrivateKey key,
            List<X509Certificate> chain) {
        return context(keyManager(key, chain), new AnchorTrust(anchors, serverName, clock));
    }

    public static X509ExtendedKeyManager keyManager(PrivateKey key, List<X509Certificate> chain) {
        return new SingleKey(key, chain);
    }

    public static X509ExtendedTrustManager trustManager(
            Supplier<CertificateVerifier> verifier, Predicate<NodeIdentity> allowed, InstantSource clock) {
        return new MeshTrust(verifier, allowed, clock);
    }

    /**
     * Parameters that every mesh connection sets: TLS 1.3 and the protocol's name.
     *
     * @param alpn for example {@code vpnmesh-ctl/1}; a server lists all that it speaks
     */
    public static SSLParameters parameters(boolean needClientCertificate, String... alpn) {
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {TLS_1_3});
        parameters.setApplicationProtocols(alpn);
        parameters.setNeedClientAuth(needClientCertificate);
        return parameters;
    }

    /** Who is at the other end of a finished handshake. Errors: MalformedException when it showed no mesh certificate. */
    public static NodeIdentity peer(SSLSession session) throws MalformedException {
        try {
            Certificate[] chain = session.getPeerCertificates();
            if (chain.length > 0 && chain[0] instanceof X509Certificate leaf) {
                return LeafNames.read(leaf);
            }
            throw new MalformedException(0, "peer certificate", "is not X.509");
        } catch (SSLPeerUnverifiedException _) {
            throw new MalformedException(0, "peer certificate", "the peer showed none");
        } catch (Refusal e) {
            throw new MalformedException(0, "peer certificate", String.valueOf(e.getMessage()));
        }
    }

    /** The chain of a finished handshake as DER, leaf first; empty when the peer showed none. */
    public static List<byte[]> peerChain(SSLSession session) {
        List<byte[]> chain = new ArrayList<>();
        try {
            for (Certificate certificate : session.getPeerCertificates()) {
                if (certificate instanceof X509Certificate x509) {
                    chain.add(Pem.der(x509));
                }
            }
        } catch (SSLPeerUnverifiedException _) {
            return List.of();
        }
        return chain;
    }

    static SSLContext context(@Nullable KeyManager key, TrustManager trust) {
        try {
            SSLContext context = SSLContext.getInstance(TLS_1_3);
            context.init(key == null ? new KeyManager[0] : new KeyManager[] {key}, new TrustManager[] {trust}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK speaks TLS 1.3", e);
        }
    }
}
