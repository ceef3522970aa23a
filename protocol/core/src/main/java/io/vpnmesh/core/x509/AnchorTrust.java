// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;

/** Trusts a server by anchors and one DNS name, whatever address it was reached at. */
final class AnchorTrust extends ChainTrust {

    private static final int SAN_DNS = 2;
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

    private final List<X509Certificate> anchors;
    private final String serverName;
    private final InstantSource clock;

    AnchorTrust(Collection<X509Certificate> anchors, String serverName, InstantSource clock) {
        this.anchors = List.copyOf(anchors);
        this.serverName = serverName;
        this.clock = clock;
    }

    @Override
    void check(List<X509Certificate> chain) throws CertificateException {
        X509Certificate leaf = chain.getFirst();
        try {
            List<X509Certificate> path = new ArrayList<>(chain);
            path.removeIf(anchors::contains);
            PKIXParameters parameters = new PKIXParameters(anchors.stream()
                    .map(anchor -> new TrustAnchor(anchor, null))
                    .collect(Collectors.toSet()));
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(clock.instant()));
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
        } catch (InvalidAlgorithmParameterException e) {
            throw new CertificateException("there is no anchor to trust the operator by; check ca.file", e);
        } catch (GeneralSecurityException e) {
            throw new CertificateException(
                    "the server's certificate does not lead to an anchor of ca.file (" + e.getMessage()
                            + "): wrong server, or the anchor was rotated and the file is old",
                    e);
        }
        if (!hasName(leaf)) {
            throw new CertificateException("the server's certificate is not for " + serverName);
        }
        List<String> usage = leaf.getExtendedKeyUsage();
        if (usage != null && !usage.contains(SERVER_AUTH)) {
            throw new CertificateException("the server's certificate is not for servers");
        }
    }

    private boolean hasName(X509Certificate leaf) throws CertificateException {
        Collection<List<?>> names = leaf.getSubjectAlternativeNames();
        if (names == null) {
            return false;
        }
        return names.stream()
                .anyMatch(name -> name.get(0).equals(SAN_DNS) && serverName.equalsIgnoreCase((String) name.get(1)));
    }
}
