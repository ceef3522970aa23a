// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.Csr;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.directory.enrol.AddressResponse;
import io.vpnmesh.directory.enrol.EnrolResponse;
import io.vpnmesh.operator.address.AddressAllocator;
import io.vpnmesh.operator.address.AddressLease;
import io.vpnmesh.operator.address.AddressesExhaustedException;
import io.vpnmesh.operator.ca.Durations;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.model.MeshDefaults;
import io.vpnmesh.operator.peer.PeerReports;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Gives admitted pods their addresses and certificates. Errors of all methods: Refused. */
@ApplicationScoped
class Enrolment {

    /** Renewed at a third of its life, a certificate survives two thirds of it without the operator. */
    private static final int RENEW_AT_PART = 3;

    private final AddressAllocator allocator;
    private final PeerReports reports;
    private final InstantSource clock = InstantSource.system();

    Enrolment(AddressAllocator allocator, PeerReports reports) {
        this.allocator = allocator;
        this.reports = reports;
    }

    AddressResponse address(Member member) {
        MeshKeys keys = member.keys();
        AddressLease lease = allocate(() -> allocator.allocate(keys.addressSpace(), member.holder()));
        List<Cidr> routes =
                List.of(keys.terms().plan().ipv4(), keys.terms().plan().ipv6());
        return new AddressResponse(
                keys.mesh().toString(),
                keys.meshId(),
                keys.clusterId(),
                lease.node(),
                lease.addresses(),
                routes,
                mtu(member.pod()));
    }

    EnrolResponse enrol(Member member, String csrPem) {
        Csr csr = parse(csrPem, member.keys());
        AddressLease lease = allocate(
                () -> allocator.enrol(member.keys().addressSpace(), member.holder(), keyHash(csr.publicKey())));
        return sign(member, lease, csr.publicKey());
    }

    private EnrolResponse sign(Member member, AddressLease lease, PublicKey key) {
        MeshKeys keys = member.keys();
        Instant now = clock.instant();
        NodeIdentity identity = new NodeIdentity(
                keys.meshId(),
                keys.clusterId(),
                lease.node(),
                lease.generation(),
                member.role(),
                member.pod().getMetadata().getNamespace(),
                member.serviceAccount(),
                lease.addresses());
        X509Certificate leaf = keys.issuer().newLeaf(key, identity, now, lifetime(member.mesh(), keys));
        Instant notAfter = leaf.getNotAfter().toInstant();
        if (member.role() == NodeRole.SIDECAR) {
            reports.enrolled(
                    new PeerReports.PodKey(
                            lease.holder().namespace(),
                            lease.holder().name(),
                            lease.holder().uid()),
                    new PeerReports.Enrolled(
                            lease.node().toString(),
                            lease.addresses().stream().map(IpAddress::toString).toList(),
                            identity.uri(),
                            lease.generation(),
                            notAfter.toString()));
        }
        return new EnrolResponse(
                lease.node(),
                lease.generation(),
                Pem.encode(leaf),
                Pem.encode(keys.intermediate()),
                Pem.encode(keys.foreignIntermediate()),
                List.of(Pem.encode(keys.root())),
                notAfter,
                now.plus(Duration.between(now, notAfter).dividedBy(RENEW_AT_PART)));
    }

    static Csr parse(String csrPem, MeshKeys keys) {
        try {
            Csr csr = Csr.parse(csrPem);
            if (csr.suite() != keys.terms().suiteName()) {
                throw Refused.badRequest(
                        "WrongSuite",
                        "the key of the request is of suite " + csr.suite().text() + ", the mesh uses "
                                + keys.terms().suite() + ": make a "
                                + keys.terms().suiteName().keyAlgorithm()
                                + " key");
            }
            return csr;
        } catch (MalformedException e) {
            throw Refused.badRequest("CsrMalformed", String.valueOf(e.getMessage()));
        }
    }

    /** SHA-256 of the SubjectPublicKeyInfo, in hex. */
    static String keyHash(PublicKey key) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The founder's own wish may change after the keys were made; a joiner keeps what it was told. */
    private static Duration lifetime(VpnMesh mesh, MeshKeys keys) {
        VpnMeshSpec.Crypto crypto = MeshDefaults.spec(mesh).crypto();
        return crypto == null || crypto.certificateLifetime() == null
                ? keys.terms().certificateLifetime()
                : Durations.parse(crypto.certificateLifetime());
    }

    private static int mtu(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String text = annotations == null ? null : annotations.get(Marks.MTU);
        if (text == null) {
            return 0;
        }
        try {
            int mtu = Integer.parseInt(text.strip());
            if (mtu >= AddressResponse.MIN_MTU && mtu <= 65535) {
                return mtu;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw Refused.badRequest(
                "MtuMalformed",
                "the annotation " + Marks.MTU + " is '" + text + "': write a number of bytes from "
                        + AddressResponse.MIN_MTU + " to 65535, or remove it");
    }

    private static AddressLease allocate(Supplier<AddressLease> request) {
        try {
            return request.get();
        } catch (AddressesExhaustedException e) {
            throw Refused.unavailable("AddressesExhausted", String.valueOf(e.getMessage()));
        }
    }
}
