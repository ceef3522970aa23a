// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.testkit.MeshAuthority;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The whole life of a session, both sides on one thread: IKE_SA_INIT, IKE_INTERMEDIATE where it is hybrid, IKE_AUTH with
 * certificates that are checked up to the root, a Child SA, and the Delete.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 3, time = 2)
@SuppressWarnings("NullAway.Init") // JMH sets parameters and calls start first
public class HandshakeBenchmark {

    static final String HYBRID = "hybrid";
    static final String CLASSIC = "classic";

    /** Beyond every timer of a session that is over. */
    private static final Duration PAUSE = Duration.ofMinutes(1);

    @Param({HYBRID, CLASSIC})
    public String agreement;

    private final Host.Wire wire = new Host.Wire();
    private Host initiator;
    private Host responder;

    @Setup
    public void start() {
        MeshAuthority mesh = new MeshAuthority(SuiteName.DEFAULT, Host.NOW);
        CertificateVerifier verifier = mesh.verifier();
        boolean hybrid = agreement.equals(HYBRID);
        initiator = new Host(wire, mesh, verifier, 1, hybrid);
        responder = new Host(wire, mesh, verifier, 2, hybrid);
    }

    @Benchmark
    public String handshake() {
        initiator.connect(responder);
        wire.settle();
        String suite = initiator.established(initiator.session()).suite();
        if (suite.contains("ML_KEM") != agreement.equals(HYBRID)) {
            throw new IllegalStateException(agreement + " was asked for, " + suite + " was agreed");
        }
        responder.session();
        initiator.tell(new IkeInput.Close(initiator.session(), "enough"));
        wire.settle();
        wire.pass(PAUSE);
        initiator.onTimer();
        responder.onTimer();
        if (!initiator.isIdle() || !responder.isIdle()) {
            throw new IllegalStateException("a session outlives its Delete");
        }
        return suite;
    }
}
