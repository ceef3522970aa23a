// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

/** Notify message types; below 16384 an error, above a status (RFC 7296 section 3.10.1 and the IANA registry). */
public final class NotifyType {

    public static final int UNSUPPORTED_CRITICAL_PAYLOAD = 1;
    public static final int INVALID_IKE_SPI = 4;
    public static final int INVALID_MAJOR_VERSION = 5;
    public static final int INVALID_SYNTAX = 7;
    public static final int INVALID_MESSAGE_ID = 9;
    public static final int INVALID_SPI = 11;
    public static final int NO_PROPOSAL_CHOSEN = 14;
    public static final int INVALID_KE_PAYLOAD = 17;
    public static final int AUTHENTICATION_FAILED = 24;
    public static final int NO_ADDITIONAL_SAS = 35;
    public static final int FAILED_CP_REQUIRED = 37;
    public static final int TS_UNACCEPTABLE = 38;
    public static final int INVALID_SELECTORS = 39;
    /** RFC 4555. */
    public static final int UNACCEPTABLE_ADDRESSES = 40;
    /** RFC 4555. */
    public static final int UNEXPECTED_NAT_DETECTED = 41;

    public static final int TEMPORARY_FAILURE = 43;
    public static final int CHILD_SA_NOT_FOUND = 44;
    /** RFC 9370. */
    public static final int STATE_NOT_FOUND = 47;

    public static final int INITIAL_CONTACT = 16384;
    public static final int NAT_DETECTION_SOURCE_IP = 16388;
    public static final int NAT_DETECTION_DESTINATION_IP = 16389;
    public static final int COOKIE = 16390;
    public static final int USE_TRANSPORT_MODE = 16391;
    public static final int REKEY_SA = 16393;
    public static final int ESP_TFC_PADDING_NOT_SUPPORTED = 16394;
    /** RFC 4555. */
    public static final int MOBIKE_SUPPORTED = 16396;

    public static final int ADDITIONAL_IP4_ADDRESS = 16397;
    public static final int NO_ADDITIONAL_ADDRESSES = 16399;
    public static final int UPDATE_SA_ADDRESSES = 16400;
    public static final int COOKIE2 = 16401;
    /** RFC 5685. */
    public static final int REDIRECT_SUPPORTED = 16406;

    public static final int REDIRECT = 16407;
    public static final int REDIRECTED_FROM = 16408;
    /** RFC 5723. */
    public static final int TICKET_LT_OPAQUE = 16409;

    public static final int TICKET_REQUEST = 16410;
    public static final int TICKET_ACK = 16411;
    public static final int TICKET_NACK = 16412;
    public static final int TICKET_OPAQUE = 16413;
    /** RFC 6023. */
    public static final int CHILDLESS_IKEV2_SUPPORTED = 16418;
    /** RFC 6290. */
    public static final int QUICK_CRASH_DETECTION = 16419;
    /** RFC 7383. */
    public static final int FRAGMENTATION_SUPPORTED = 16430;
    /** RFC 7427. */
    public static final int SIGNATURE_HASH_ALGORITHMS = 16431;
    /** RFC 9242. */
    public static final int INTERMEDIATE_EXCHANGE_SUPPORTED = 16438;
    /** RFC 9370. */
    public static final int ADDITIONAL_KEY_EXCHANGE = 16441;

    // Ours, from the private-use range; sent only after the peer's Vendor ID was seen.

    /** Addresses where the sender may be reached. */
    public static final int CANDIDATES = 51000;
    /** The USERNAME that the sender expects in path checks: 16 hexadecimal characters. */
    public static final int PATHCHECK_ID = 51001;
    /** The relay that signalling should use from here on. */
    public static final int MOVE_RELAY = 51002;
    /** Milliseconds since 1970 at the sender's start, 8 bytes. */
    public static final int BOOT_EPOCH = 51003;
    /** A bit set of optional abilities, 8 bytes. */
    public static final int CAPABILITIES = 51004;

    public static final int FIRST_STATUS = 16384;
    public static final int FIRST_PRIVATE_STATUS = 40960;

    private NotifyType() {}

    public static boolean isError(int type) {
        return type < FIRST_STATUS;
    }
}
