// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.esp.EspOpener;
import io.vpnmesh.ipsec.sa.SaLifetime;

/**
 * Everything an {@link IkeEndpoint} is told once.
 *
 * @param bootEpoch milliseconds since 1970 at process start, never going back
 * @param capabilities our bit set for the CAPABILITIES notify
 * @param hybrid offer ML-KEM-768 beside the classic agreement (RFC 9370)
 * @param windowBits replay window of ESP
 * @param signalledFragmentBytes largest IKE message sent whole through signalling
 * @param directFragmentBytes largest IKE message sent whole over UDP
 * @param awaitPublication hold the answer to a peer's rekey until {@link IkeInput.ChildPublished}
 */
public record IkeSettings(
        LocalIdentity identity,
        long bootEpoch,
        long capabilities,
        SuiteName suite,
        boolean hybrid,
        int windowBits,
        int signalledFragmentBytes,
        int directFragmentBytes,
        boolean awaitPublication,
        SaLifetime childLifetime,
        IkeTiming timing,
        IkeLimits limits,
        IkeExtensions extensions) {

    /** The mesh's defaults. */
    public static IkeSettings of(LocalIdentity identity, long bootEpoch) {
        return new IkeSettings(
                identity,
                bootEpoch,
                0,
                SuiteName.DEFAULT,
                true,
                EspOpener.DEFAULT_WINDOW,
                1040,
                1200,
                false,
                SaLifetime.DEFAULT,
                IkeTiming.DEFAULT,
                IkeLimits.DEFAULT,
                IkeExtensions.MESH);
    }

    public IkeSettings withCapabilities(long bits) {
        return new IkeSettings(
                identity,
                bootEpoch,
                bits,
                suite,
                hybrid,
                windowBits,
                signalledFragmentBytes,
                directFragmentBytes,
                awaitPublication,
                childLifetime,
                timing,
                limits,
                extensions);
    }

    public IkeSettings withSuite(SuiteName name, boolean useHybrid) {
        return new IkeSettings(
                identity,
                bootEpoch,
                capabilities,
                name,
                useHybrid,
                windowBits,
                signalledFragmentBytes,
                directFragmentBytes,
                awaitPublication,
                childLifetime,
                timing,
                limits,
                extensions);
    }

    public IkeSettings withFragmentBytes(int signalled, int direct) {
        return new IkeSettings(
                identity,
                bootEpoch,
                capabilities,
                suite,
                hybrid,
                windowBits,
                signalled,
                direct,
                awaitPublication,
                childLifetime,
                timing,
                limits,
                extensions);
    }

    public IkeSettings withAwaitPublication(boolean await) {
        return new IkeSettings(
                identity,
                bootEpoch,
                capabilities,
                suite,
                hybrid,
                windowBits,
                signalledFragmentBytes,
                directFragmentBytes,
                await,
                childLifetime,
                timing,
                limits,
                extensions);
    }

    public IkeSettings withChildLifetime(SaLifetime lifetime) {
        return new IkeSettings(
                identity,
                bootEpoch,
                capabilities,
                suite,
                hybrid,
                windowBits,
                signalledFragmentBytes,
                directFragmentBytes,
                awaitPublication,
                lifetime,
                timing,
                limits,
                extensions);
    }

    public IkeSettings withTiming(IkeTiming times) {
        return new IkeSettings(
                identity,
                bootEpoch,
                capabilities,
                suite,
                hybrid,
                windowBits,
                signalledFragmentBytes,
                directFragmentBytes,
                awaitPublication,
                childLifetime,
                times,
                limits,
                extensions);
    }

    public IkeSettings withLimits(IkeLimits bounds) {
        return new IkeSettings(
                identity,
                bootEpoch,
                capabilities,
                suite,
                hybrid,
                windowBits,
                signalledFragmentBytes,
                directFragmentBytes,
                awaitPublication,
                childLifetime,
                timing,
                bounds,
                extensions);
    }

    public IkeSettings withExtensions(IkeExtensions spoken) {
        return new IkeSettings(
                identity,
                bootEpoch,
                capabilities,
                suite,
                hybrid,
                windowBits,
                signalledFragmentBytes,
                directFragmentBytes,
                awaitPublication,
                childLifetime,
                timing,
                limits,
                spoken);
    }
}
