package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The strict reader beside Jackson: both take or both refuse.
class JsonCursorTest {
    private static final JsonFactory JACKSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder()
                            .maxNestingDepth(JsonCursor.DEPTH_MAX)
                            .maxNumberLength(1 << 20)
                            .build())
            .build();

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "0", "-0", "-0.0e+1", "1E5", "\"\"", "\"\\u0000\\ud800\"",
        " [ 1 , {\"a\" : null } ]\n",
        "true", "\"é€😀\"", "{\"a\":{\"b\":[[],{}]}}"})
    void takesWhatRfc8259Takes(String text) {
        assertThat(takes(text.getBytes(UTF_8))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}",
        "01", "+1",
        ".5", "1.", "1e", "--1", "NaN", "nul", "truex", "\"", "\"\\x\"", "\"\\u12g4\"", "\"\t\"", "'a'", "1 2", "[1 2]",
        "{\"a\":1 \"b\":2}", "\ufeff{}", "[1}", "{\"a\":1]", "/*c*/1", "[[]", "1\u0000"})
    void refusesWhatRfc8259Refuses(String text) {
        assertThat(takes(text.getBytes(UTF_8))).isFalse();
    }

    @Test
    void refusesWhatIsNotUtf8() {
        int[][] wrong = {{0x80}, {0xc0, 0x80}, {0xc1, 0xbf}, {0xc3}, {0xe0, 0x9f, 0xbf}, {0xed, 0xa0, 0x80},
            {0xf0, 0x8f, 0xbf, 0xbf}, {0xf4, 0x90, 0x80, 0x80}, {0xf5, 0x80, 0x80, 0x80}, {0xe2, 0x82}, {0xff}};
        for (int[] bytes : wrong) {
            var text = new byte[bytes.length + 2];
            text[0] = '"';
            for (int i = 0; i < bytes.length; i++) {
                text[i + 1] = (byte) bytes[i];
            }
            text[text.length - 1] = '"';
            assertThat(takes(text)).as("%s", (Object) bytes).isFalse();
        }
    }

    @Test
    void deepNestingIsRefusedNotFollowed() {
        assertThat(takes("[".repeat(JsonCursor.DEPTH_MAX).concat("]".repeat(JsonCursor.DEPTH_MAX)).getBytes(UTF_8)))
                .isTrue();
        assertThat(takes("[".repeat(1_000_000).getBytes(UTF_8))).isFalse();
    }

    @Test
    void namesAreTheSameWithEscapesAndWithout() throws Exception {
        byte[] text = "{\"m\\u006fdel\":\"gpt\\n\"}".getBytes(UTF_8);
        var json = new JsonCursor(text, text.length);
        json.beginObject();
        assertThat(json.nextName()).isTrue();
        assertThat(json.nameIs("model")).isTrue();
        assertThat(json.readString()).isEqualTo("gpt\n");
        assertThat(json.nextName()).isFalse();
        json.end();
    }

    @Test
    void agreesWithJacksonOnRandomAndMutatedTexts() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        int taken = 0;
        for (int round = 0; round < 60_000; round++) {
            byte[] text = RandomJson.value(random, 4).getBytes(UTF_8);
            for (int mutations = random.nextInt(3); mutations > 0 && text.length > 0; mutations--) {
                text = RandomJson.mutate(random, text);
            }
            boolean takes = takes(text);
            taken += takes ? 1 : 0;
            String jackson = jacksonRefuses(text);
            assertThat(takes).as(() -> "seed " + seed)
                    .withFailMessage("we take: %s, Jackson says: %s, on %s", takes, jackson, new String(text, UTF_8))
                    .isEqualTo(jackson.isEmpty());
        }
        assertThat(taken).isBetween(15_000, 55_000);
    }

    static boolean takes(byte[] text) {
        try {
            var json = new JsonCursor(text, text.length);
            json.skip();
            json.end();
            return true;
        } catch (JsonCursor.Malformed e) {
            return false;
        }
    }

    /// Why Jackson refuses a text, empty where it takes it. It is lenient about the encoding, so that is checked first.
    private static String jacksonRefuses(byte[] text) {
        try {
            String decoded = UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
            try (JsonParser parser = JACKSON.createParser(decoded)) {
                int values = 0;
                int depth = 0;
                for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
                    parser.getText();
                    depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                    values += depth == 0 ? 1 : 0;
                }
                return values == 1 ? "" : values + " values";
            }
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
