// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vpnmesh.core.wire.MalformedException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    @Test
    void whatIsWrittenIsReadAgain() throws MalformedException {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("text", "a \"quoted\" line\nand \u2028, \u0001, \uD83D\uDE00 and <html>");
        object.put("whole", 7);
        object.put("long", Long.MIN_VALUE);
        object.put("real", 0.25);
        object.put("flag", true);
        object.put("items", List.of("a", "b"));
        object.put("inner", Map.of("x", 1L));

        String text = Json.write(object);

        assertThat(text).startsWith("{\"text\":\"a \\\"quoted\\\"").doesNotContain("\n", " :", ", \"");
        JsonObject read = Json.parse(text);
        assertThat(read.text("text")).isEqualTo(object.get("text"));
        assertThat(read.number("whole", 0, 10)).isEqualTo(7);
        assertThat(read.number("long", Long.MIN_VALUE, 0)).isEqualTo(Long.MIN_VALUE);
        assertThat(read.real("real", 0)).isEqualTo(0.25);
        assertThat(read.flag("flag")).isTrue();
        assertThat(read.texts("items")).containsExactly("a", "b");
        assertThat(read.object("inner").number("x", 0, 10)).isEqualTo(1);
    }

    /** JSON has no word for them. */
    @Test
    void whatIsNoNumberIsWrittenAsText() throws MalformedException {
        assertThat(Json.parse(Json.write(Map.of("x", Double.NaN))).text("x")).isEqualTo("NaN");
    }

    @Test
    void nullAndAbsentAreTheSame() throws MalformedException {
        JsonObject object = Json.parse("{\"a\":null,\"b\":[null,\"x\"]}");
        assertThat(object.has("a")).isFalse();
        assertThat(object.texts("b")).containsExactly("x");
    }

    @Test
    void numbersBeyondALongAreReal() throws MalformedException {
        JsonObject object = Json.parse("{\"a\":9223372036854775808,\"b\":1e2,\"c\":-0}");
        assertThat(object.real("a", 0)).isEqualTo(0x1p63);
        assertThat(object.real("b", 0)).isEqualTo(100);
        assertThat(object.number("c", 0, 0)).isZero();
        assertThatExceptionOfType(MalformedException.class).isThrownBy(() -> object.number("b", 0, 1000));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|line 1 column 1",
                "[]|is not an object",
                "x|is malformed at line 1 column",
                "{} {}|is malformed at line 1 column",
                "{\"a\":1|End of input at line 1 column",
                "{\"a\":1,}|Expected name at line 1 column",
                "{\"a\" 1}|Expected ':' at line 1 column",
                "{\"a\":tru}|is malformed at line 1 column",
                "{\"a\":TRUE}|is malformed at line 1 column",
                "{\"a\":01}|is malformed at line 1 column",
                "{\"a\":NaN}|is malformed at line 1 column",
                "{\"a\":'b'}|is malformed at line 1 column",
                "{\"a\":\"\\x\"}|Invalid escape sequence at line 1 column",
                "{\"a\":\"\t\"}|Unescaped control characters",
                "{\"a\":\"b}|Unterminated string at line 1 column",
                "{\"a\":1,\"a\":2}|has $.a twice",
                "{\"b\":{\"a\":null,\"a\":2}}|has $.b.a twice",
                "{/* x */}|is malformed at line 1 column",
            })
    void whatIsNoJsonIsRefusedWithItsPlace(String text, String problem) {
        assertThatExceptionOfType(MalformedException.class)
                .isThrownBy(() -> Json.parse(text))
                .withMessageContaining(problem)
                .withMessageNotContaining("http");
    }

    /** A reader that goes down for each of them would be ended by a hostile page. */
    @ParameterizedTest
    @ValueSource(ints = {17, 100_000})
    void depthIsBounded(int depth) {
        String text = "{\"a\":" + "[".repeat(depth - 1) + "]".repeat(depth - 1) + "}";
        assertThatExceptionOfType(MalformedException.class)
                .isThrownBy(() -> Json.parse(text))
                .withMessageContaining("Nesting limit 16 reached");
    }

    @Test
    void sixteenDeepIsRead() throws MalformedException {
        assertThat(Json.parse("{\"a\":" + "[".repeat(15) + "]".repeat(15) + "}").has("a"))
                .isTrue();
    }

    @Test
    void lengthIsBounded() throws MalformedException {
        int room = 4 * 1024 * 1024 - "{\"a\":\"\"}".length();
        assertThat(Json.parse("{\"a\":\"" + "x".repeat(room) + "\"}").text("a")).hasSize(room);
        assertThatExceptionOfType(MalformedException.class)
                .isThrownBy(() -> Json.parse("{\"a\":\"" + "x".repeat(room + 1) + "\"}"))
                .withMessageContaining("longer than 4194304 characters");
    }

    /** A number is read in one piece, and a hostile one in bounded time. */
    @Test
    void numbersAreBounded() {
        assertThatExceptionOfType(MalformedException.class)
                .isThrownBy(() -> Json.parse("{\"a\":" + "9".repeat(100_000) + "}"));
    }
}
