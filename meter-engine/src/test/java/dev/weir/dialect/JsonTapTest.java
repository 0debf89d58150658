package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The incremental scanner beside a full parse.
class JsonTapTest {
    private static final ObjectMapper JACKSON = new ObjectMapper()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    private enum Field {
        DEEP, ELEMENT, TEXT
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(Field.DEEP, JsonPaths.Strings.WHOLE, "usage.prompt_tokens", "usage", "a.a",
                    "usage.prompt_tokens_details",
                    "prompt_t", "usage.usage.completion_tokens")
            .add(Field.ELEMENT, JsonPaths.Strings.WHOLE, "choices[]", "choices[].usage", "[][]")
            .add(Field.TEXT, JsonPaths.Strings.PIECES, "choices[].a");

    @Test
    void findsValuesByPathAndNotByWord() {
        assertThat(heard(
                "{\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":9}\",\"x\":{\"usage\":{\"prompt_tokens\":8}},"
                        + "\"usage\":{\"prompt_tokens\":7,\"y\":[{\"prompt_tokens\":6}]}}"))
                .containsExactly("enter DEEP", "DEEP 7", "leave DEEP", "end");
    }

    @Test
    void namesWithEscapesAreTheSameNames() {
        assertThat(heard("{\"us\\u0061ge\":{\"prompt\\u005ftokens\":7}}")).contains("DEEP 7");
    }

    @Test
    void numbersOfEveryFormBecomeWholeOnes() {
        assertThat(heard("{\"a\":{\"a\":-9}}{\"a\":{\"a\":9.5}}{\"a\":{\"a\":1e3}}{\"a\":{\"a\":1e999999999}}"
                + "{\"a\":{\"a\":-123456789012345678901234567890}}{\"a\":{\"a\":1e-999999999}}")
                .stream()
                .filter(one -> one.startsWith("DEEP")))
                .containsExactly("DEEP -9", "DEEP 10", "DEEP 1000", "DEEP " + JsonNumber.MOST,
                        "DEEP " + -JsonNumber.MOST,
                        "DEEP 0");
    }

    @Test
    void hearsTheSameAsAFullParseHoweverTheTextIsSplit() throws IOException {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            String text = round % 2 == 0 ? RandomJson.value(random, 5) : RandomJson.wide(random, 4);
            JsonNode parsed = parse(text);
            if (parsed == null) {
                continue;
            }
            List<String> expected = new ArrayList<>();
            walk(parsed, PATHS.root, expected);
            expected.add("end");
            byte[] bytes = text.getBytes(UTF_8);
            assertThat(heard(bytes, bytes.length)).as("seed %s: %s", seed, text).isEqualTo(expected);
            assertThat(heard(bytes, 4 + random.nextInt(60))).as("seed %s: %s", seed, text).isEqualTo(expected);
            assertThat(heard(bytes, 1 + random.nextInt(3))).as("seed %s: %s", seed, text).isEqualTo(expected);
        }
    }

    @Test
    void survivesAnything() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 50_000; round++) {
            byte[] text = (round % 2 == 0 ? RandomJson.value(random, 4) : RandomJson.wide(random, 3)).getBytes(UTF_8);
            for (int i = random.nextInt(8); i > 0 && text.length > 0; i--) {
                text = RandomJson.mutate(random, text);
            }
            List<String> whole = heard(text, text.length);
            assertThat(heard(text, 2 + random.nextInt(40))).as("seed %s: %s", seed, new String(text, UTF_8))
                    .isEqualTo(whole);
            assertThat(heard(text, 1)).as("seed %s: %s", seed, new String(text, UTF_8)).isEqualTo(whole);
        }
    }

    @Test
    void nestingAndStringsOfAnyLengthCostNothing() {
        var tap = new JsonTap<>(PATHS, new Recorder());
        byte[] deep = "[".repeat(1 << 20).getBytes(UTF_8);
        byte[] content = "x".repeat(1 << 20).getBytes(UTF_8);
        tap.accept("{\"x\":".getBytes(UTF_8), 0, 5);
        tap.accept(deep, 0, deep.length);
        tap.accept(new byte[]{'"'}, 0, 1);
        for (int i = 0; i < 20; i++) {
            tap.accept(content, 0, content.length);
        }
        assertThat(tap.insideDocument()).isTrue();
        assertThat(tap.broken()).isFalse();
    }

    private static List<String> heard(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return heard(bytes, bytes.length);
    }

    private static List<String> heard(byte[] bytes, int piece) {
        var recorder = new Recorder();
        var tap = new JsonTap<>(PATHS, recorder);
        for (int from = 0; from < bytes.length; from += piece) {
            byte[] alone = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + piece));
            tap.accept(alone, 0, alone.length);
        }
        tap.endDocument();
        return recorder.heard;
    }

    /// Null where a name stands twice: the tap tells both, a tree holds one.
    private static @Nullable JsonNode parse(String text) throws IOException {
        try {
            return JACKSON.readTree(text);
        } catch (JsonParseException e) {
            assertThat(e.getMessage()).contains("Duplicate field");
            return null;
        }
    }

    /// What a full parse would tell.
    private static void walk(JsonNode value, JsonPaths.Node<Field> place, List<String> heard) {
        Field field = place.field;
        if (value.isContainerNode()) {
            boolean entered = field != null;
            if (entered) {
                heard.add("enter " + field);
            }
            if (value.isArray() && place.element != null) {
                value.forEach(element -> walk(element, place.element, heard));
            }
            if (value.isObject()) {
                value.properties().forEach(member -> {
                    byte[] name = member.getKey().getBytes(UTF_8);
                    JsonPaths.Node<Field> child = place.child(name, 0, name.length);
                    if (child != null) {
                        walk(member.getValue(), child, heard);
                    }
                });
            }
            if (entered) {
                heard.add("leave " + field);
            }
        } else if (field != null && value.isTextual()) {
            heard.add(field + " '" + value.asText() + "'");
        } else if (field != null && value.isNumber()) {
            heard.add(field + " " + rounded(value));
        } else if (field != null && value.isBoolean()) {
            heard.add(field + " " + value.asBoolean());
        }
    }

    private static long rounded(JsonNode number) {
        var exact = number.decimalValue().setScale(0, java.math.RoundingMode.HALF_UP).toBigInteger();
        BigInteger most = BigInteger.valueOf(JsonNumber.MOST);
        return exact.min(most).max(most.negate()).longValue();
    }

    private static final class Recorder extends JsonListener<Field> {
        private final List<String> heard = new ArrayList<>();
        private byte[] pieces = new byte[0];

        @Override
        void number(Field field, long value) {
            heard.add(field + " " + value);
        }

        @Override
        void string(Field field, byte[] bytes, int from, int to) {
            heard.add(field + " '" + new String(bytes, from, to - from, UTF_8) + "'");
        }

        @Override
        void piece(Field field, byte[] bytes, int from, int to) {
            int length = pieces.length;
            pieces = Arrays.copyOf(pieces, length + to - from);
            System.arraycopy(bytes, from, pieces, length, to - from);
        }

        @Override
        void pieceEnd(Field field) {
            heard.add(field + " '" + JsonText.unescape(pieces, 0, pieces.length) + "'");
            pieces = new byte[0];
        }

        @Override
        void truth(Field field, boolean value) {
            heard.add(field + " " + value);
        }

        @Override
        void enter(Field field) {
            heard.add("enter " + field);
        }

        @Override
        void leave(Field field) {
            heard.add("leave " + field);
        }

        @Override
        void documentEnd() {
            heard.add("end");
        }
    }
}
