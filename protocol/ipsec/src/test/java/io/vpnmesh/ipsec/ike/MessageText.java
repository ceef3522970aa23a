// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.TransformType;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A message as RFC 7296 writes it: {@code CREATE_CHILD_SA request: N(REKEY_SA) SA Ni TSi TSr}.
 *
 * @param payloads all of them, in order
 */
record MessageText(String exchange, boolean response, List<String> payloads) {

    private static final Pattern TEXT = Pattern.compile("(\\w+) (request|response):\\s*(.*)");
    private static final Map<Integer, String> NOTIFIES = notifies();

    /** Vendor ids and status notifies that a script does not mention are none of its business. */
    private static final Pattern ASIDE = Pattern.compile("V|CERTREQ|N\\(.*\\)");

    static MessageText parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a message: '" + text + "'; say 'IKE_AUTH request: IDi AUTH'");
        }
        String payloads = matcher.group(3).strip();
        return new MessageText(
                matcher.group(1),
                matcher.group(2).equals("response"),
                payloads.isEmpty() ? List.of() : Arrays.asList(payloads.split("\\s+")));
    }

    /** @param taps of those who may have sealed it */
    static MessageText of(byte[] message, List<TappedCrypto> taps) {
        try {
            IkeHeader header = IkeHeader.decode(message);
            Payloads payloads = IkeMessageCodec.decode(message, header);
            boolean sealed = !payloads.all().isEmpty() && payloads.all().getLast() instanceof IkePayload.Encrypted;
            if (sealed && payloads.all().getLast() instanceof IkePayload.Encrypted encrypted) {
                byte[] plain = taps.stream()
                        .flatMap(tap -> tap.plain(message).stream())
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("sealed by nobody here"));
                // Nothing is padded here, so one octet, the length of the padding, ends it.
                payloads = IkeMessageCodec.decodeInner(encrypted.firstPayload(), plain, 0, plain.length - 1);
            }
            boolean response = header.isResponse();
            return new MessageText(
                    Transitions.exchange(message),
                    response,
                    payloads.all().stream().map(p -> name(p, response)).toList());
        } catch (MalformedException e) {
            throw new AssertionError("an engine sent what nobody can read", e);
        }
    }

    private static String name(IkePayload payload, boolean response) {
        return switch (payload) {
            case IkePayload.SecurityAssociation _ -> "SA";
            case IkePayload.KeyExchange _ -> "KE";
            case Identification id -> id.initiator() ? "IDi" : "IDr";
            case IkePayload.Certificate _ -> "CERT";
            case IkePayload.CertificateRequest _ -> "CERTREQ";
            case IkePayload.Authentication _ -> "AUTH";
            case IkePayload.Nonce _ -> response ? "Nr" : "Ni";
            case IkePayload.Notify notify ->
                "N(" + NOTIFIES.getOrDefault(notify.notifyType(), "type " + notify.notifyType()) + ")";
            case IkePayload.Delete delete ->
                delete.protocol() == TransformType.PROTOCOL_IKE
                        ? "D(IKE)"
                        : "D(ESP"
                                + (delete.spis().size() == 1
                                        ? ""
                                        : "*" + delete.spis().size()) + ")";
            case IkePayload.VendorId _ -> "V";
            case IkePayload.TrafficSelectors ts -> ts.initiator() ? "TSi" : "TSr";
            case IkePayload.Encrypted _, IkePayload.EncryptedFragment _ -> "SK";
            case IkePayload.Unknown unknown -> "payload " + unknown.type();
        };
    }

    private static Map<Integer, String> notifies() {
        Map<Integer, String> names = new HashMap<>();
        for (Field field : NotifyType.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && !field.getName().startsWith("FIRST_")) {
                try {
                    names.put(field.getInt(null), field.getName());
                } catch (IllegalAccessException e) {
                    throw new IllegalStateException("public fields are accessible", e);
                }
            }
        }
        return names;
    }

    private static boolean isError(String payload) {
        return NOTIFIES.entrySet().stream()
                .anyMatch(e -> NotifyType.isError(e.getKey()) && payload.equals("N(" + e.getValue() + ")"));
    }

    /** Whether this is what a script says: the same payloads, in any order, but for those aside. */
    boolean is(MessageText script) {
        List<String> told = new ArrayList<>(payloads);
        told.removeIf(p -> ASIDE.matcher(p).matches() && !isError(p) && !script.payloads.contains(p));
        return exchange.equals(script.exchange)
                && response == script.response
                && told.stream()
                        .sorted()
                        .toList()
                        .equals(script.payloads.stream().sorted().toList());
    }

    @Override
    public String toString() {
        return exchange
                + (response ? " response: " : " request: ")
                + payloads.stream().filter(p -> !p.equals("V")).collect(Collectors.joining(" "));
    }
}
