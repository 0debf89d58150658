package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Whatever a client sends, a reader answers, and an edit changes the limits of the output and nothing else.
///
/// A failure names the seed of its input; `-Dweir.seed=` with that seed makes it the first one.
class RequestFuzzTest {
    private static final int INPUTS = 10_000;
    private static final long LIMIT = 5;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final List<String> NUMBERS = List.of("0", "-1", "4", "6", "1e3", "2.5", "null", "\"7\"", "{}", "[]",
            "999999999999999999", "-999999999999999999", "1000000000000000000000", "true");
    /// All that any dialect calls its output limit, in Google's two spellings, and what an edit may ask for beside.
    private static final Set<String> EDITABLE = Set.of("max_tokens", "max_completion_tokens", "max_output_tokens",
            "maxOutputTokens", "max_tokens_to_sample", "max_new_tokens", "max_gen_len", "maxTokens", "maxTokenCount",
            "n_predict", "num_predict", "include_usage");
    private static final Set<String> HOMES = Set.of("generationConfig", "inferenceConfig",
            "textGenerationConfig", "options", "parameters", "completion_args", "stream_options");

    @ParameterizedTest
    @EnumSource
    void anEditChangesTheLimitsAndNothingElse(EveryDialect dialect) {
        long first = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + first);
        for (long seed = first; seed < first + INPUTS; seed++) {
            byte[] body = body(dialect, new Random(seed));
            try {
                check(dialect, body);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", " + dialect + ": " + new String(body, UTF_8), e);
            }
        }
    }

    private static byte[] body(EveryDialect dialect, Random random) {
        List<byte[]> requests = dialect.requests();
        byte[] body = requests.get(random.nextInt(requests.size()));
        if (random.nextBoolean()) {
            body = otherNumber(random, body);
        }
        for (int spoilt = random.nextInt(4); spoilt > 0 && body.length > 0; spoilt--) {
            body = random.nextInt(4) == 0 ? otherNumber(random, body) : RandomJson.mutate(random, body);
        }
        return body;
    }

    /// Another number, or what is none, in the place of one.
    private static byte[] otherNumber(Random random, byte[] body) {
        var text = new String(body, java.nio.charset.StandardCharsets.ISO_8859_1);
        var numbers = java.util.regex.Pattern.compile("(?<=:)-?[0-9.]+").matcher(text).results().toList();
        if (numbers.isEmpty()) {
            return body;
        }
        var there = numbers.get(random.nextInt(numbers.size()));
        String changed = text.substring(0, there.start()) + NUMBERS.get(random.nextInt(NUMBERS.size()))
                + text.substring(there.end());
        return changed.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private static void check(EveryDialect dialect, byte[] body) throws AssertionError {
        if (!(dialect.read(body) instanceof RequestReading.Facts(RequestFacts facts))) {
            return;
        }
        assertThat(facts.outputLimit().orElse(0)).isNotNegative();
        assertThat(facts.prompt().boundTokens()).isNotNegative();
        byte[] untouched = dialect.dialect().edit(facts, body, body.length, OptionalLong.empty(), false, null);
        assertThat(untouched).isEqualTo(body);
        boolean ask = dialect.dialect().mustAskUsage(facts);
        byte[] edited = dialect.dialect().edit(facts, body, body.length, OptionalLong.of(LIMIT), ask, null);
        JsonNode before = parsed(body);
        if (before == null) {
            // A form, a body nobody reads, or one that Jackson is stricter with.
            return;
        }
        JsonNode after = Objects.requireNonNull(parsed(edited), () -> "no JSON: " + new String(edited, UTF_8));
        assertThat(without(after)).isEqualTo(without(before));
        if (facts.choices() > 0 && !facts.layout().outputLimits().isEmpty()) {
            RequestReading again = dialect.read(edited);
            assertThat(again).isInstanceOf(RequestReading.Facts.class);
            assertThat(((RequestReading.Facts) again).facts().outputLimit().orElse(Long.MAX_VALUE))
                    .isLessThanOrEqualTo(LIMIT);
        }
    }

    private static @Nullable JsonNode parsed(byte[] body) {
        try {
            JsonNode node = JSON.readTree(new String(body, UTF_8));
            return node.isObject() ? node : null;
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    /// The body without what may change, and without what is empty then.
    private static JsonNode without(JsonNode body) {
        ObjectNode rest = withoutLimits(body);
        for (String name : List.copyOf(names(body))) {
            if (HOMES.contains(ProtoNames.camelCase(name)) || HOMES.contains(name)) {
                ObjectNode home = body.path(name).isObject() ? withoutLimits(body.path(name)) : JSON.createObjectNode();
                rest.set(name, home);
                if (home.isEmpty()) {
                    rest.remove(name);
                }
            }
        }
        return rest;
    }

    private static ObjectNode withoutLimits(JsonNode object) {
        ObjectNode rest = object.deepCopy();
        for (String name : names(object)) {
            if (EDITABLE.contains(name) || EDITABLE.contains(ProtoNames.camelCase(name))) {
                rest.remove(name);
            }
        }
        return rest;
    }

    private static List<String> names(JsonNode object) {
        return object.properties().stream().map(java.util.Map.Entry::getKey).toList();
    }
}
