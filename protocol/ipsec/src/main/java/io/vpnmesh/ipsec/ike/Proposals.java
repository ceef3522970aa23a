// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.Proposal;
import io.vpnmesh.ipsec.message.Transform;
import io.vpnmesh.ipsec.message.TransformType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What we offer and what we take (RFC 7296 sections 2.7 and 3.3.6, RFC 9370 section 2.2.1). The responder's order of
 * preference rules: hybrid before classic, AES-GCM before ChaCha20.
 */
final class Proposals {

    private static final byte[] NO_SPI = new byte[0];
    private static final int MAX_TYPE = TransformType.ADDKE7;
    private static final Transform ML_KEM = new Transform(TransformType.ADDKE1, TransformType.KE_ML_KEM_768);

    /** A choice: what was offered, the same as it goes back, and its meaning. */
    record Chosen<S>(Proposal offered, Proposal answer, S suite) {}

    private Proposals() {}

    /** IKE proposals in order of preference; {@code spi} is empty in IKE_SA_INIT. */
    static List<Proposal> ike(SuiteName suite, boolean hybrid, byte[] spi) {
        List<Transform> classic = new ArrayList<>();
        classic.add(new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 256));
        if (suite == SuiteName.DEFAULT) {
            classic.add(new Transform(TransformType.ENCR, TransformType.ENCR_CHACHA20_POLY1305));
            classic.add(new Transform(TransformType.PRF, TransformType.PRF_HMAC_SHA2_256));
        }
        classic.add(new Transform(TransformType.PRF, TransformType.PRF_HMAC_SHA2_384));
        classic.addAll(groups(suite));
        List<Proposal> proposals = new ArrayList<>();
        if (hybrid) {
            proposals.add(new Proposal(1, TransformType.PROTOCOL_IKE, spi, with(classic, List.of(ML_KEM))));
        }
        proposals.add(new Proposal(proposals.size() + 1, TransformType.PROTOCOL_IKE, spi, classic));
        return proposals;
    }

    /**
     * ESP proposals. Own peers use ESN; others get NO_ESN only, because some choose ESN from a mixed list and then fail
     * to install it.
     */
    static List<Proposal> esp(SuiteName suite, boolean ownPeer, byte[] spi) {
        List<Transform> transforms = new ArrayList<>();
        transforms.add(new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 256));
        if (suite == SuiteName.DEFAULT) {
            transforms.add(new Transform(TransformType.ENCR, TransformType.ENCR_CHACHA20_POLY1305));
        }
        transforms.add(new Transform(TransformType.ESN, ownPeer ? TransformType.ESN_ON : TransformType.NO_ESN));
        return List.of(new Proposal(1, TransformType.PROTOCOL_ESP, spi, transforms));
    }

    /**
     * ESP proposals of a rekey: one as it is, then with key exchanges of its own, hybrid before classic. What SK_d already
     * gives comes first, but the peer chooses; the KE payload belongs to the others.
     */
    static List<Proposal> espOrWithKeyExchange(SuiteName suite, boolean hybrid, Proposal plain) {
        List<List<Transform>> choices = new ArrayList<>();
        List<Transform> withGroup = with(plain.transforms(), groups(suite));
        choices.add(plain.transforms());
        if (hybrid) {
            choices.add(with(withGroup, List.of(ML_KEM)));
        }
        choices.add(withGroup);
        List<Proposal> proposals = new ArrayList<>();
        for (List<Transform> transforms : choices) {
            proposals.add(new Proposal(proposals.size() + 1, plain.protocol(), plain.spi(), transforms));
        }
        return proposals;
    }

    /**
     * What we take from a peer that starts: with or without ESN, with or without a key exchange of its own.
     */
    static List<Proposal> espAccepted(SuiteName suite, boolean ownPeer) {
        Transform otherEsn = new Transform(TransformType.ESN, ownPeer ? TransformType.NO_ESN : TransformType.ESN_ON);
        List<Transform> plain = with(esp(suite, ownPeer, NO_SPI).getFirst().transforms(), List.of(otherEsn));
        List<Transform> withGroup = with(plain, groups(suite));
        return Stream.of(with(withGroup, List.of(ML_KEM)), withGroup, plain)
                .map(t -> new Proposal(1, TransformType.PROTOCOL_ESP, NO_SPI, t))
                .toList();
    }

    private static List<Transform> with(List<Transform> transforms, List<Transform> more) {
        return Stream.concat(transforms.stream(), more.stream()).toList();
    }

    /** The groups of a first key exchange, in order of preference. */
    private static List<Transform> groups(SuiteName suite) {
        return Stream.of(KeyMethod.X25519, KeyMethod.SECP256R1)
                .filter(method -> isOffered(suite, method))
                .map(method -> new Transform(TransformType.KE, Algorithms.transformId(method)))
                .toList();
    }

    /** Whether a first key exchange may be of this group. */
    static boolean isOffered(SuiteName suite, KeyMethod method) {
        return method == KeyMethod.SECP256R1 || suite == SuiteName.DEFAULT && method == KeyMethod.X25519;
    }

    /** The group we put into the first KE payload. */
    static KeyMethod firstMethod(SuiteName suite) {
        return suite == SuiteName.DEFAULT ? KeyMethod.X25519 : KeyMethod.SECP256R1;
    }

    /** Chooses from what a peer offers by what we would offer. */
    static Optional<Chosen<IkeSuite>> chooseIke(List<Proposal> offered, List<Proposal> ours, byte[] ourSpi) {
        for (Proposal own : ours) {
            for (Proposal theirs : offered) {
                Optional<List<Transform>> match =
                        theirs.protocol() == TransformType.PROTOCOL_IKE ? match(own, theirs) : Optional.empty();
                Optional<IkeSuite> suite = match.flatMap(Proposals::ikeSuite);
                if (suite.isPresent()) {
                    Proposal answer =
                            new Proposal(theirs.number(), TransformType.PROTOCOL_IKE, ourSpi, match.orElseThrow());
                    return Optional.of(new Chosen<>(theirs, answer, suite.orElseThrow()));
                }
            }
        }
        return Optional.empty();
    }

    static Optional<Chosen<EspSuite>> chooseEsp(List<Proposal> offered, List<Proposal> ours, byte[] ourSpi) {
        for (Proposal own : ours) {
            for (Proposal theirs : offered) {
                if (theirs.protocol() != TransformType.PROTOCOL_ESP || theirs.spi().length != 4) {
                    continue;
                }
                Optional<List<Transform>> match = match(own, theirs);
                if (match.isPresent()) {
                    List<Transform> transforms = match.orElseThrow();
                    Proposal answer = new Proposal(theirs.number(), TransformType.PROTOCOL_ESP, ourSpi, transforms);
                    return espSuite(transforms).map(suite -> new Chosen<>(theirs, answer, suite));
                }
            }
        }
        return Optional.empty();
    }

    /** The answer of a responder must be one of each type, all of them from our offer. */
    static Optional<IkeSuite> acceptIke(List<Proposal> answer, List<Proposal> ours) {
        return answer.size() == 1
                ? chooseIke(answer, ours, NO_SPI)
                        .filter(c -> isWhole(c, answer.getFirst()))
                        .map(Chosen::suite)
                : Optional.empty();
    }

    static Optional<EspSuite> acceptEsp(List<Proposal> answer, List<Proposal> ours) {
        return answer.size() == 1
                ? chooseEsp(answer, ours, NO_SPI)
                        .filter(c -> isWhole(c, answer.getFirst()))
                        .map(Chosen::suite)
                : Optional.empty();
    }

    private static boolean isWhole(Chosen<?> chosen, Proposal answer) {
        return answer.transforms().stream().filter(t -> !isNone(t)).count()
                == chosen.answer().transforms().stream().filter(t -> !isNone(t)).count();
    }

    /** One transform for each type, in our order of preference; empty if a type has no common one. */
    private static Optional<List<Transform>> match(Proposal own, Proposal theirs) {
        if (theirs.transforms().stream().anyMatch(t -> t.type() == 0 || t.type() > MAX_TYPE)) {
            return Optional.empty();
        }
        List<Transform> chosen = new ArrayList<>();
        for (int type = TransformType.ENCR; type <= MAX_TYPE; type++) {
            List<Transform> mine = own.ofType(type);
            List<Transform> yours = theirs.ofType(type);
            if (yours.isEmpty() && mine.isEmpty()) {
                continue;
            }
            if (mine.isEmpty()) {
                Optional<Transform> none =
                        yours.stream().filter(Proposals::isNone).findFirst();
                if (none.isEmpty()) {
                    return Optional.empty();
                }
                chosen.add(none.orElseThrow());
                continue;
            }
            Optional<Transform> common = mine.stream().filter(yours::contains).findFirst();
            if (common.isEmpty()) {
                return Optional.empty();
            }
            chosen.add(common.orElseThrow());
        }
        return Optional.of(chosen);
    }

    private static boolean isNone(Transform transform) {
        return transform.id() == 0 && transform.type() != TransformType.ESN && transform.type() != TransformType.ENCR;
    }

    /** The suite that a list of transforms, one of each type, stands for. */
    static Optional<IkeSuite> ikeSuite(List<Transform> transforms) {
        Optional<AeadAlgorithm> aead =
                one(transforms, TransformType.ENCR).flatMap(t -> Algorithms.aead(t.id(), t.keyBits()));
        Optional<HashAlgorithm> prf = one(transforms, TransformType.PRF).flatMap(t -> Algorithms.prf(t.id()));
        List<KeyMethod> methods = keyMethods(transforms);
        if (aead.isEmpty() || prf.isEmpty() || methods.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new IkeSuite(
                aead.orElseThrow(), prf.orElseThrow(), methods.getFirst(), methods.subList(1, methods.size())));
    }

    private static Optional<EspSuite> espSuite(List<Transform> transforms) {
        boolean esn = one(transforms, TransformType.ESN)
                .filter(t -> t.id() == TransformType.ESN_ON)
                .isPresent();
        return one(transforms, TransformType.ENCR)
                .flatMap(t -> Algorithms.aead(t.id(), t.keyBits()))
                .map(aead -> new EspSuite(aead, esn, keyMethods(transforms)));
    }

    private static List<KeyMethod> keyMethods(List<Transform> transforms) {
        return transforms.stream()
                .filter(t -> t.type() == TransformType.KE || t.type() >= TransformType.ADDKE1)
                .filter(t -> !isNone(t))
                .flatMap(t -> Algorithms.keyMethod(t.id()).stream())
                .toList();
    }

    private static Optional<Transform> one(List<Transform> transforms, int type) {
        return transforms.stream().filter(t -> t.type() == type).findFirst();
    }
}
