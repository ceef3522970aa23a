// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import org.bouncycastle.asn1.ASN1ObjectIdentifier;

/** Object identifiers of our own certificate extensions, under 2.25.UUID (ITU-T X.667: no registration needed). */
final class MeshExtensions {

    private static final ASN1ObjectIdentifier ARC =
            new ASN1ObjectIdentifier("2.25.123872568473761950743910668494057499675");

    /** OCTET STRING of 16 bytes. */
    static final ASN1ObjectIdentifier NODE_ID = ARC.branch("1");
    /** INTEGER, 0 to 2^32-1. */
    static final ASN1ObjectIdentifier GENERATION = ARC.branch("2");
    /** INTEGER, {@link NodeRole#wire()}. */
    static final ASN1ObjectIdentifier ROLE = ARC.branch("3");

    private MeshExtensions() {}
}
