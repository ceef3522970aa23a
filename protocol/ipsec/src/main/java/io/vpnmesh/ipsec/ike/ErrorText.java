// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.message.NotifyType;

/** Names of error notifies for people (RFC 7296 section 3.10.1). */
final class ErrorText {

    private ErrorText() {}

    static String of(int notifyType) {
        return switch (notifyType) {
            case NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD -> "UNSUPPORTED_CRITICAL_PAYLOAD";
            case NotifyType.INVALID_IKE_SPI -> "INVALID_IKE_SPI";
            case NotifyType.INVALID_MAJOR_VERSION -> "INVALID_MAJOR_VERSION";
            case NotifyType.INVALID_SYNTAX -> "INVALID_SYNTAX";
            case NotifyType.INVALID_MESSAGE_ID -> "INVALID_MESSAGE_ID";
            case NotifyType.NO_PROPOSAL_CHOSEN -> "NO_PROPOSAL_CHOSEN";
            case NotifyType.INVALID_KE_PAYLOAD -> "INVALID_KE_PAYLOAD";
            case NotifyType.AUTHENTICATION_FAILED -> "AUTHENTICATION_FAILED";
            case NotifyType.NO_ADDITIONAL_SAS -> "NO_ADDITIONAL_SAS";
            case NotifyType.TS_UNACCEPTABLE -> "TS_UNACCEPTABLE";
            case NotifyType.TEMPORARY_FAILURE -> "TEMPORARY_FAILURE";
            case NotifyType.CHILD_SA_NOT_FOUND -> "CHILD_SA_NOT_FOUND";
            default -> "notify " + notifyType;
        };
    }
}
