package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import com.knuddels.jtokkit.api.IntArrayList;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The fewest tokens that a text can be made of, counted in passing.
class TokenFloorTest {
    private static final Pattern ACROSS_WORDS = Pattern.compile("[A-Za-z] [A-Za-z]");

    /// What the floor stands on, looked up in the dictionaries themselves.
    @ParameterizedTest
    @EnumSource(value = EncodingType.class, names = {"CL100K_BASE", "O200K_BASE"})
    void noTokenOfAPublicDictionaryReachesAcrossWordsOrIsLongerThanTheMost(EncodingType type) {
        Encoding encoding = Encodings.newLazyEncodingRegistry().getEncoding(type);
        int tokens = 0;
        int longest = 0;
        for (int token = 0; token < 200_100; token++) {
            byte[] bytes;
            try {
                var one = new IntArrayList(1);
                one.add(token);
                bytes = encoding.decodeBytes(one);
            } catch (IllegalArgumentException | NullPointerException noSuchToken) {
                continue;
            }
            tokens++;
            longest = Math.max(longest, bytes.length);
            assertThat(ACROSS_WORDS.matcher(new String(bytes, StandardCharsets.ISO_8859_1)).find()).as("token " + token)
                    .isFalse();
        }
        assertThat(tokens).isGreaterThan(100_000);
        assertThat(longest).isLessThanOrEqualTo(TokenFloor.TOKEN_MAX);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"'one two three' | 2", "'one  two' | 0", "'one\\ntwo three' | 1",
        "'caf\\u00e9 noir et' | 1", "'a\\\\n b c' | 2", "'1 2 3 4' | 0", "'' | 0", "'say \\\"no way\\\" now' | 1"})
    void eachWordBehindAWordIsAToken(String json, long least) {
        assertThat(floor(json, json.length())).isEqualTo(least);
    }

    @Test
    void whereTheTextWasCutChangesNothing() {
        String json = "one two\\u00e9 three \\\\ four\\n five six seven";
        for (int cut = 0; cut <= json.length(); cut++) {
            assertThat(floor(json, cut)).isEqualTo(floor(json, json.length()));
        }
    }

    @Test
    void aTextWithoutWordsHasItsBytes() {
        assertThat(floor("x".repeat(1_280), 7)).isEqualTo(10);
    }

    @Test
    void ofSeveralAnswersInTurnsAndOfAnUnknownDictionaryLessIsCertain() {
        byte[] text = "one two three four five".getBytes(StandardCharsets.UTF_8);
        var several = new TokenFloor(false);
        several.add(text, 0, text.length);
        assertThat(several.tokens(true)).isZero();
        var one = new TokenFloor(true);
        one.add(text, 0, text.length);
        assertThat(one.tokens(true)).isEqualTo(4);
        assertThat(one.tokens(false)).isEqualTo(2);
    }

    /// Any tokens that a model may put out, not only those that a tokenizer would make of the text.
    @Test
    void noSequenceOfTokensIsFewerThanTheFloorOfItsText() {
        Encoding encoding = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            var tokens = new IntArrayList();
            int count = 1 + random.nextInt(60);
            for (int i = 0; i < count; i++) {
                tokens.add(random.nextInt(199_000));
            }
            byte[] text = new String(encoding.decodeBytes(tokens), StandardCharsets.UTF_8).replace("\\", "\\\\")
                    .getBytes(StandardCharsets.UTF_8);
            var floor = new TokenFloor(true);
            floor.add(text, 0, text.length);
            assertThat(floor.tokens(true)).isLessThanOrEqualTo(count);
        }
    }

    private static long floor(String json, int cut) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        var floor = new TokenFloor(true);
        floor.add(bytes, 0, Math.min(cut, bytes.length));
        floor.add(bytes, Math.min(cut, bytes.length), bytes.length);
        return floor.tokens(true);
    }
}
