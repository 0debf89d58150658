package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.dialect.PromptText;
import dev.weir.dialect.RequestHead;
import dev.weir.dialect.RequestReading;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// How far the estimates are from what providers reported, over all recorded traffic: the table of `docs/estimates.md`.
///
/// Each record is estimated as if all of its text had passed and its usage had not.
class EstimateErrorTest {
    private static final Set<String> WIRE_FORMATS = Set.of("openai.chat", "anthropic.messages", "ollama.chat",
            "ollama.generate", "gemini.generateContent", "gemini.streamGenerateContent", "cohere.v2.chat",
            "cohere.v1.chat", "cohere.v1.generate", "mistral.fim",
            "anthropic.complete");
    /// Where the arguments of a call are an object, which passes as no text, in answers of one piece.
    private static final Set<String> WHOLE_ARGUMENTS = Set.of("anthropic.messages", "ollama.chat");
    /// Below it a percentage says nothing: an answer of one word may be off by its end token.
    private static final int TOKENS_LEAST = 20;
    /// Tools that ran at the provider: their calls are counted and not all told.
    private static final Pattern RAN_THERE = Pattern.compile("\"server_tool_use\"|\"executed_tools\"|\"mcp_tool_use\"");
    /// Thoughts of which the answer shows a summary or nothing, or which are shown and not charged for.
    private static final Pattern THINKS = Pattern
            .compile("\"(type\":\\s?\"(redacted_)?thinking|reasoning_details)\"|<think>");
    private static final Path PAGE = Path.of("..", "docs", "estimates.md");
    private static final Set<String> TITLES = Arrays.stream(Kind.values())
            .map(kind -> kind.title)
            .collect(Collectors.toSet());
    private static final Tokenizers TOKENIZERS = new Tokenizers();

    private enum Family {
        CLAUDE_NEW("Claude, Opus 4.7 and later", "claude-(opus-4[-.][78]|opus-5|sonnet-5|haiku-5|fable)"),
        CLAUDE("Claude, to 4.6", "claude"),
        CL100K("OpenAI, cl100k (GPT-3.5, GPT-4)", "gpt-3\\.?5|gpt-4(?![o.])"),
        OSS("OpenAI, gpt-oss", "gpt-oss"),
        O200K("OpenAI, o200k (GPT-4o and later, o1 to o4)", "gpt-[4-6]|o[134]\\b|o[134]-|chatgpt|codex"),
        GEMINI("Gemini", "gemini"),
        GEMMA("Gemma", "gemma"),
        MISTRAL("Mistral", "[a-z]*stral|open-mi"),
        LLAMA("Llama", "llama"),
        DEEPSEEK("DeepSeek", "deepseek"),
        QWEN("Qwen", "qwen|qwq"),
        GROK("Grok", "grok"),
        COMMAND("Cohere Command", "command|c4ai"),
        GLM("GLM", "glm"),
        KIMI("Kimi", "kimi"),
        SONAR("Perplexity Sonar", "sonar|llama-3.1-sonar"),
        OTHER("all others", "");

        final String title;
        final Pattern names;

        Family(String title, String names) {
            this.title = title;
            this.names = Pattern.compile(names);
        }

        static Family of(String model) {
            String name = model.toLowerCase(Locale.ROOT);
            String bare = name.substring(name.lastIndexOf('/') + 1);
            if (bare.contains("sonar")) {
                return SONAR;
            }
            for (Family family : values()) {
                if (family.names.matcher(bare).lookingAt()) {
                    return family;
                }
            }
            return OTHER;
        }
    }

    /// Whose texts are not estimated within a quarter in 95 of 100; why is on the page.
    private static final List<Family> FURTHER_OFF = List.of(Family.CLAUDE_NEW, Family.SONAR, Family.OTHER);

    private enum Kind {
        INPUT("input"), INPUT_TOOLS("input with tools"), TEXT("text"), CALLS("tool calls"), REASONING("with reasoning");

        final String title;

        Kind(String title) {
            this.title = title;
        }
    }

    /// Errors in per cent of what was reported, with their sign.
    private static final Map<Family, Map<Kind, List<Double>>> ERRORS = new EnumMap<>(Family.class);

    @BeforeAll
    static void estimate() {
        for (Family family : Family.values()) {
            var kinds = new EnumMap<Kind, List<Double>>(Kind.class);
            for (Kind kind : Kind.values()) {
                kinds.put(kind, new ArrayList<>());
            }
            ERRORS.put(family, kinds);
        }
        Corpus.records(record -> WIRE_FORMATS.contains(record.path("wire_format").asText())
                && record.path("response").path("status").asInt() < 400 && !record.path("usage").isNull())
                .forEach(EstimateErrorTest::estimate);
    }

    private static void estimate(JsonNode record) {
        String provider = record.path("provider").asText();
        Dialect dialect = Dialects.of(provider, "POST", path(record));
        byte[] request = record.path("request").path("body").asText().getBytes(StandardCharsets.UTF_8);
        var head = new RequestHead("POST", record.path("endpoint").asText(), provider, "application/json");
        PromptText prompt = dialect.readRequest(head, request, request.length) instanceof RequestReading.Facts read
                ? read.facts().prompt()
                : null;
        String answered = record.path("facts").path("model").asText();
        if (answered.isEmpty()) {
            return;
        }
        var model = new ModelId(answered);
        Map<Kind, List<Double>> errors = ERRORS.getOrDefault(Family.of(answered), Map.of());
        long input = record.path("meters").path("tokens_in").asLong();
        if (prompt != null && prompt.onlyText() && input >= TOKENS_LEAST && request.length > TOKENS_LEAST
                && !record.path("request").path("reconstructed").asBoolean()
                && !record.path("request").has("body_elided")) {
            add(errors, prompt.tools() > 0 ? Kind.INPUT_TOOLS : Kind.INPUT,
                    InputCount.estimate(prompt, request, model, TOKENIZERS).tokens(), input);
        }
        output(record, dialect, model, errors);
    }

    private static void output(JsonNode record, Dialect dialect, ModelId model, Map<Kind, List<Double>> errors) {
        byte[] body = Corpus.body(record.path("response"));
        var text = new PassedText(TOKENIZERS, () -> model, Runnable::run);
        var scanner = dialect.answer(text);
        scanner.accept(body, 0, body.length);
        scanner.end();
        AnswerFacts facts = scanner.facts();
        Kind kind = kind(record, facts);
        long reported = facts.quantities().amount(Meter.TOKENS_OUT);
        long passed = text.tokens().tokens();
        if (kind != null && reported >= TOKENS_LEAST && passed > 0) {
            long calls = facts.quantities().amount(Meter.TOOL_CALLS_REQUESTED);
            add(errors, kind, passed + TOKENIZERS.aroundAnswer(model, calls), reported);
        }
    }

    /// Null where the answer is no measure.
    private static @Nullable Kind kind(JsonNode record, AnswerFacts facts) {
        String body = record.path("response").path("body").asText();
        boolean calls = facts.quantities().amount(Meter.TOOL_CALLS_REQUESTED) > 0;
        if (RAN_THERE.matcher(body).find() || calls && WHOLE_ARGUMENTS.contains(record.path("wire_format").asText())
                && !record.path("streaming").asBoolean()) {
            return null;
        }
        boolean reasons = facts.quantities().amount(Meter.REASONING) > 0 || THINKS.matcher(body).find();
        return reasons ? Kind.REASONING : calls ? Kind.CALLS : Kind.TEXT;
    }

    private static void add(Map<Kind, List<Double>> errors, Kind kind, long estimated, long reported) {
        errors.getOrDefault(kind, List.of()).add(100.0 * (estimated - reported) / reported);
    }

    /// Proxies have paths of their own for the formats that everybody speaks.
    private static String path(JsonNode record) {
        return switch (record.path("wire_format").asText()) {
            case "openai.chat" -> "/chat/completions";
            case "anthropic.messages" -> "/messages";
            default -> record.path("endpoint").asText();
        };
    }

    /// The same for each kind: middle with its sign; 95 of 100, and the worst, without.
    private static List<String> table() {
        List<String> rows = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            ERRORS.forEach((family, kinds) -> {
                List<Double> signed = kinds.getOrDefault(kind, List.of()).stream().sorted().toList();
                if (signed.size() >= 5) {
                    List<Double> sizes = signed.stream().map(Math::abs).sorted().toList();
                    rows.add("| %s | %s | %d | %+.0f %% | %.0f %% | %.0f %% | %.0f %% |".formatted(kind.title,
                            family.title, signed.size(), at(signed, 0.5), at(sizes, 0.5), at(sizes, 0.95),
                            sizes.getLast()));
                }
            });
        }
        return rows;
    }

    private static double at(List<Double> sorted, double share) {
        return sorted.get(Math.min(sorted.size() - 1, (int) (share * sorted.size())));
    }

    @Test
    void thePageSaysWhatIsMeasured() throws IOException {
        List<String> table = table();
        table.forEach(System.out::println);

        List<String> page = Files.readAllLines(PAGE);
        assertThat(page.stream().filter(line -> TITLES.contains(firstCell(line))).toList())
                .as("docs/estimates.md: put what this test prints in the place of its table")
                .isEqualTo(table);
    }

    private static String firstCell(String line) {
        return line.startsWith("| ") ? line.substring(2, line.indexOf(" |", 2)) : "";
    }

    @Test
    void textIsEstimatedWithinAQuarter() {
        List<String> worse = new ArrayList<>();
        ERRORS.forEach((family, kinds) -> {
            List<Double> sizes = kinds.getOrDefault(Kind.TEXT, List.of()).stream().map(Math::abs).sorted().toList();
            if (sizes.size() >= 5 && at(sizes, 0.95) > 25) {
                worse.add(family.title);
            }
        });
        assertThat(worse).containsExactlyElementsOf(FURTHER_OFF.stream().map(family -> family.title).toList());
    }

}
