// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.join;

import io.fabric8.kubernetes.api.model.Secret;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.Csr;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.directory.ctl.LengthFraming;
import io.vpnmesh.directory.join.JoinAnswer;
import io.vpnmesh.directory.join.JoinCheck;
import io.vpnmesh.directory.join.JoinRequest;
import io.vpnmesh.directory.join.JoinToken;
import io.vpnmesh.directory.join.MeshParameters;
import io.vpnmesh.operator.OperatorSettings;
import io.vpnmesh.operator.ca.BrokenKeysException;
import io.vpnmesh.operator.ca.Intermediates;
import io.vpnmesh.operator.ca.JoinerKeys;
import io.vpnmesh.operator.ca.MeshTerms;
import io.vpnmesh.operator.ca.SecretStore;
import io.vpnmesh.operator.directory.HostPort;
import io.vpnmesh.operator.directory.TlsConnection;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.model.MeshDefaults;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jboss.logging.Logger;

/**
 * The joiner's side: asks the founder through a relay that the token names, and believes nothing that the token's secret
 * and root fingerprint do not vouch for. Asking again is harmless.
 */
@ApplicationScoped
public class JoinService {

    private static final Logger LOG = Logger.getLogger(JoinService.class);

    /** The founder reads and writes its API server before it answers. */
    private static final int ANSWER_WITHIN_MS = 30_000;

    private static final String TOKEN_KEY = "token";

    private final SecretStore secrets;
    private final JoinerKeys keys;
    private final Optional<String> clusterName;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    /**
     * What came of an attempt.
     *
     * @param joined keys are stored
     * @param reason CamelCase, for a condition
     * @param message for people; names the fix
     */
    public record Result(boolean joined, String reason, String message) {}

    @Inject
    JoinService(SecretStore secrets, JoinerKeys keys, OperatorSettings settings) {
        this(secrets, keys, settings.clusterName(), InstantSource.system());
    }

    JoinService(SecretStore secrets, JoinerKeys keys, Optional<String> clusterName, InstantSource clock) {
        this.secrets = secrets;
        this.keys = keys;
        this.clusterName = clusterName;
        this.clock = clock;
    }

    /** One attempt for a VpnMesh with {@code spec.join}. Blocks up to a minute per relay. */
    public Result attempt(VpnMesh mesh) {
        MeshRef ref = MeshRef.of(mesh);
        try {
            JoinToken token = token(ref, mesh);
            if (token.isExpired(clock.instant())) {
                return failed(
                        "InviteExpired",
                        "the invitation expired at " + token.expires()
                                + ": run 'kubectl vpnmesh invite' again in the founding cluster and put the new token"
                                + " into the Secret");
            }
            return askAny(ref, token);
        } catch (BadTokenException e) {
            return failed(e.reason, String.valueOf(e.getMessage()));
        } catch (BrokenKeysException e) {
            return failed("KeysBroken", String.valueOf(e.getMessage()));
        }
    }

    private Result askAny(MeshRef ref, JoinToken token) {
        StringBuilder problems = new StringBuilder();
        boolean distrusted = false;
        for (String relay : token.relays()) {
            try (TlsConnection connection = TlsConnection.open(
                    HostPort.parse(relay),
                    MeshTls.joining(token.rootSha256(), clock),
                    JoinRequest.ALPN,
                    LengthFraming.MAX_JOIN_BYTES,
                    ANSWER_WITHIN_MS)) {
                SuiteName suite = suite(connection.session());
                return ask(ref, token, suite, request -> {
                    connection.write(request);
                    return connection.read();
                });
            } catch (IOException | MalformedException | IllegalArgumentException e) {
                distrusted |= e instanceof SSLException;
                problems.append(problems.isEmpty() ? "" : "; ")
                        .append(relay)
                        .append(": ")
                        .append(e.getMessage());
            }
        }
        if (distrusted) {
            return failed(
                    "RelayNotTrusted",
                    "what answers at the invitation's addresses is no relay of its mesh (" + problems
                            + "): make a new invitation, and see that nothing on the way ends TLS");
        }
        return failed(
                "RelayUnreachable",
                "no relay of the invitation answers (" + problems
                        + "): allow this cluster's operator TCP to the addresses above, and see that the founding cluster's"
                        + " relay and operator run");
    }

    /** Carries an encoded request to the founder and its answer back; may lie. */
    interface Carrier {
        byte[] exchange(byte[] request) throws IOException, MalformedException;
    }

    Result ask(MeshRef ref, JoinToken token, SuiteName suite, Carrier carrier) throws IOException, MalformedException {
        JoinerKeys.Applicant applicant = keys.applicant(ref, token.mesh(), suite);
        JoinRequest request = JoinRequest.create(
                token.secret(),
                token.mesh(),
                applicant.domain().cluster(),
                clusterName.orElseGet(() ->
                        "cluster-" + applicant.domain().cluster().toString().substring(0, 6)),
                Csr.build(applicant.pair(), random),
                random);
        return switch (JoinAnswer.decode(carrier.exchange(request.encode()))) {
            case JoinAnswer.Refused refused -> failed(refused.reason(), refused.message());
            case JoinAnswer.Accepted accepted -> accept(ref, token, applicant, request, accepted);
        };
    }

    private Result accept(
            MeshRef ref,
            JoinToken token,
            JoinerKeys.Applicant applicant,
            JoinRequest request,
            JoinAnswer.Accepted accepted) {
        Instant now = clock.instant();
        Optional<String> problem =
                JoinCheck.problem(accepted, request, token, applicant.pair().publicKey(), now);
        if (problem.isPresent()) {
            return failed(
                    "JoinAnswerRefused",
                    problem.get() + "; nothing was stored. If it happens again, make a new invitation and tell the"
                            + " founding cluster's admin");
        }
        X509Certificate root = accepted.roots().stream()
                .filter(candidate -> Arrays.equals(Pem.fingerprint(candidate), token.rootSha256()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("JoinCheck found the pinned root"));
        keys.accept(
                ref,
                applicant,
                new JoinerKeys.Grant(
                        root,
                        new Intermediates(accepted.intermediate(), accepted.foreignIntermediate()),
                        accepted.mesh().clusterPrefixes(),
                        terms(accepted.mesh(), token)));
        LOG.infof(
                "event=joined mesh=%s cluster=%s founder=%s",
                ref, request.cluster(), accepted.mesh().founder());
        return new Result(
                true,
                "Joined",
                "joined the mesh that cluster " + accepted.mesh().founderName() + " founded");
    }

    static MeshTerms terms(MeshParameters mesh, JoinToken token) {
        Cidr ipv4 = family(mesh.meshPrefixes(), true);
        Cidr ipv6 = family(mesh.meshPrefixes(), false);
        return new MeshTerms(
                ipv4.toString(),
                ipv6.toString(),
                family(mesh.clusterPrefixes(), true).length(),
                mesh.suite().text(),
                mesh.certificateLifetime().toSeconds(),
                mesh.stunServers(),
                mesh.founder().toString(),
                token.relays());
    }

    private static Cidr family(List<Cidr> prefixes, boolean v4) {
        return prefixes.stream()
                .filter(prefix -> prefix.address().isV4() == v4)
                .findFirst()
                .orElseThrow(() -> new BrokenKeysException("the founder's answer has no " + (v4 ? "IPv4" : "IPv6")
                        + " prefix: upgrade the operator of this cluster or of the founding one"));
    }

    /** The suite of the mesh is that of its root, which the relay showed and the token's fingerprint pinned. */
    private static SuiteName suite(SSLSession session) throws IOException, MalformedException {
        X509Certificate root =
                (X509Certificate) session.getPeerCertificates()[session.getPeerCertificates().length - 1];
        return MeshKeyPair.suiteOf(root.getPublicKey());
    }

    private JoinToken token(MeshRef ref, VpnMesh mesh) {
        VpnMeshSpec.Join join = MeshDefaults.spec(mesh).join();
        String name = join == null ? "" : join.secretRef().name();
        Secret secret = secrets.get(ref.namespace(), name)
                .orElseThrow(() -> new BadTokenException(
                        "TokenSecretMissing",
                        "Secret " + ref.namespace() + "/" + name
                                + " that spec.join.secretRef names does not exist: create"
                                + " it with 'kubectl vpnmesh join' or with the token in its key " + TOKEN_KEY));
        Map<String, String> data = secret.getData();
        String encoded = data == null ? null : data.get(TOKEN_KEY);
        if (encoded == null) {
            throw new BadTokenException(
                    "TokenSecretMissing",
                    "Secret " + ref.namespace() + "/" + name + " has no key " + TOKEN_KEY
                            + ": put what 'kubectl vpnmesh invite' printed into it");
        }
        try {
            return JoinToken.parse(new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8));
        } catch (MalformedException | IllegalArgumentException e) {
            throw new BadTokenException(
                    "TokenMalformed", "Secret " + ref.namespace() + "/" + name + ": " + e.getMessage());
        }
    }

    private static Result failed(String reason, String message) {
        return new Result(false, reason, message);
    }

    /** The token cannot be used as it is. */
    private static final class BadTokenException extends RuntimeException {

        private static final long serialVersionUID = 1L;
        private final String reason;

        BadTokenException(String reason, String message) {
            super(message);
            this.reason = reason;
        }
    }
}
