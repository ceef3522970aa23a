// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.util.List;

/** A payload of IKEv2; arrays are views that nobody changes. */
public sealed interface IkePayload {

    /** Its number in the generic header of the payload before it. */
    int type();

    record SecurityAssociation(List<Proposal> proposals) implements IkePayload {
        public SecurityAssociation {
            proposals = List.copyOf(proposals);
        }

        @Override
        public int type() {
            return PayloadType.SA;
        }
    }

    record KeyExchange(int method, byte[] data) implements IkePayload {
        @Override
        public int type() {
            return PayloadType.KE;
        }
    }

    /** @param initiator IDi, else IDr */
    record Identification(boolean initiator, int idType, byte[] data) implements IkePayload {

        public static final int FQDN = 2;
        public static final int IPV4_ADDR = 1;
        public static final int IPV6_ADDR = 5;
        public static final int DER_ASN1_DN = 9;

        @Override
        public int type() {
            return initiator ? PayloadType.IDI : PayloadType.IDR;
        }

        /** The body of the payload without its generic header, as the AUTH computation needs it. */
        public byte[] body() {
            byte[] body = new byte[4 + data.length];
            body[0] = (byte) idType;
            System.arraycopy(data, 0, body, 4, data.length);
            return body;
        }
    }

    record Certificate(int encoding, byte[] data) implements IkePayload {

        /** X.509 Certificate - Signature. */
        public static final int X509_SIGNATURE = 4;

        @Override
        public int type() {
            return PayloadType.CERT;
        }
    }

    record CertificateRequest(int encoding, byte[] data) implements IkePayload {
        @Override
        public int type() {
            return PayloadType.CERTREQ;
        }
    }

    record Authentication(int method, byte[] data) implements IkePayload {

        /** Here only for sessions that resume. */
        public static final int SHARED_KEY_MIC = 2;

        /** RFC 7427. */
        public static final int DIGITAL_SIGNATURE = 14;

        @Override
        public int type() {
            return PayloadType.AUTH;
        }
    }

    record Nonce(byte[] data) implements IkePayload {
        @Override
        public int type() {
            return PayloadType.NONCE;
        }
    }

    /** @param protocol and {@code spi} only for notifies about an SA; else 0 and empty */
    record Notify(int protocol, byte[] spi, int notifyType, byte[] data) implements IkePayload {

        public Notify(int notifyType, byte[] data) {
            this(0, new byte[0], notifyType, data);
        }

        public Notify(int notifyType) {
            this(notifyType, new byte[0]);
        }

        @Override
        public int type() {
            return PayloadType.NOTIFY;
        }
    }

    /** @param spis empty for the IKE SA itself */
    record Delete(int protocol, List<byte[]> spis) implements IkePayload {
        public Delete {
            spis = List.copyOf(spis);
        }

        @Override
        public int type() {
            return PayloadType.DELETE;
        }
    }

    record VendorId(byte[] data) implements IkePayload {
        @Override
        public int type() {
            return PayloadType.VENDOR_ID;
        }
    }

    /** @param initiator TSi, else TSr */
    record TrafficSelectors(boolean initiator, List<TrafficSelector> selectors) implements IkePayload {
        public TrafficSelectors {
            selectors = List.copyOf(selectors);
        }

        @Override
        public int type() {
            return initiator ? PayloadType.TSI : PayloadType.TSR;
        }
    }

    /**
     * SK, still sealed.
     *
     * @param firstPayload type of the first payload inside
     * @param bodyOffset where IV, ciphertext and ICV start in the message; they end with it
     */
    record Encrypted(int firstPayload, int bodyOffset) implements IkePayload {
        @Override
        public int type() {
            return PayloadType.SK;
        }
    }

    /** SKF (RFC 7383 section 2.5), still sealed; the fragment number counts from 1. */
    record EncryptedFragment(int firstPayload, int number, int total, int bodyOffset) implements IkePayload {
        @Override
        public int type() {
            return PayloadType.SKF;
        }
    }

    /** A payload that we do not read; harmless unless critical and of a type that RFC 7296 does not define. */
    record Unknown(int type, boolean critical, byte[] body) implements IkePayload {}
}
