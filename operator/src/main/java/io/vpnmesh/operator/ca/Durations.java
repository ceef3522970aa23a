// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as custom resources write them: {@code 72h}, {@code 1h30m}, {@code 90s}. */
public final class Durations {

    private static final Pattern PART = Pattern.compile("([0-9]{1,5})([hms])");

    private Durations() {}

    /** Errors: IllegalArgumentException unless hours, minutes and seconds in this form. */
    public static Duration parse(String text) {
        Matcher part = PART.matcher(text);
        Duration total = Duration.ZERO;
        int at = 0;
        while (at < text.length() && part.find(at) && part.start() == at) {
            long count = Long.parseLong(part.group(1));
            total = total.plus(
                    switch (part.group(2)) {
                        case "h" -> Duration.ofHours(count);
                        case "m" -> Duration.ofMinutes(count);
                        default -> Duration.ofSeconds(count);
                    });
            at = part.end();
        }
        if (at != text.length() || text.isEmpty()) {
            throw new IllegalArgumentException("not a duration like 72h, 1h30m or 90s: " + text);
        }
        return total;
    }
}
