package dev.weir.dialect;

import static dev.weir.dialect.AmazonFramesTest.frame;
import static dev.weir.dialect.AmazonFramesTest.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.AnswerFacts.Usage;
import dev.weir.usage.Meter;
import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The oddities of Bedrock's answers, one by one.
class BedrockAnswerTest {
    private static final String TEXT = "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hello\"},\"p\":\"abc\"}";
    private static final String USAGE = "{\"metrics\":{},\"usage\":{\"inputTokens\":5,\"outputTokens\":7,"
            + "\"cacheReadInputTokens\":100,\"cacheReadInputTokenCount\":100,\"cacheWriteInputTokens\":40,"
            + "\"cacheWriteInputTokenCount\":40,\"cacheDetails\":[{\"ttl\":\"5m\",\"inputTokens\":10},"
            + "{\"ttl\":\"1h\",\"inputTokens\":30}],\"totalTokens\":152}}";

    private final StringBuilder heard = new StringBuilder();
    private final OutputListener output = new OutputListener() {
        @Override
        public void text(byte[] json, int from, int to) {
            heard.append(new String(json, from, to - from, UTF_8));
        }

        @Override
        public void textEnd() {
            heard.append('|');
        }
    };

    @Test
    void cacheCountsThatComeTwiceCountOnceAndTheHourIsToldApart() {
        AnswerFacts facts = read("converse", whole(USAGE));
        assertThat(facts.usage()).isEqualTo(Usage.FINAL);
        assertThat(facts.quantities().amount(Meter.TOKENS_IN)).isEqualTo(145);
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(7);
        assertThat(facts.quantities().amount(Meter.CACHE_READ)).isEqualTo(100);
        assertThat(facts.quantities().amount(Meter.CACHE_WRITE)).isEqualTo(40);
        assertThat(facts.quantities().amount(Meter.CACHE_WRITE_1H)).isEqualTo(30);
        assertThat(facts).isEqualTo(read("converse-stream", event("metadata", USAGE)));
    }

    @Test
    void textReasoningToolNamesAndArgumentsOfAStreamAreHeard() {
        AnswerFacts facts = read("converse-stream", event("contentBlockDelta", TEXT),
                event("contentBlockDelta", "{\"delta\":{\"reasoningContent\":{\"text\":\"why\"}}}"),
                event("contentBlockDelta", "{\"delta\":{\"reasoningContent\":{\"signature\":\"no\"}}}"),
                event("contentBlockStart", "{\"start\":{\"toolUse\":{\"name\":\"top\",\"toolUseId\":\"no\"}}}"),
                event("contentBlockDelta", "{\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}"),
                event("messageStop", "{\"stopReason\":\"tool_use\"}"));
        assertThat(heard).hasToString("Hello|why|top|{}|");
        assertThat(facts.quantities().amount(Meter.TOOL_CALLS_REQUESTED)).isEqualTo(1);
        assertThat(facts.finished()).isTrue();
        assertThat(facts.usage()).isEqualTo(Usage.NONE);
    }

    @Test
    void whatTheProvidersOwnToolsDoIsNoneOfTheClientsCalls() {
        String tools = "{\"output\":{\"message\":{\"content\":[{\"toolUse\":{\"type\":\"server_tool_use\"}},"
                + "{\"toolUse\":{\"type\":\"tool_use\"}},{\"toolUse\":{}}]}}}";
        assertThat(read("converse", whole(tools)).quantities().amount(Meter.TOOL_CALLS_REQUESTED)).isEqualTo(2);
    }

    @Test
    void theRouterTellsWhichModelAnswered() {
        AnswerFacts facts = read("converse-stream",
                event("metadata", "{\"trace\":{\"promptRouter\":{\"invokedModelId\":"
                        + "\"arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-pro-v1:0\"}}}"));
        assertThat(facts.model()).hasToString("us.amazon.nova-pro-v1:0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"converse-stream", "invoke-with-response-stream"})
    void anExceptionInTheStreamIsAnErrorInside(String verb) {
        ByteArrayOutputStream headers = new ByteArrayOutputStream();
        headers.writeBytes(text(":exception-type", "modelStreamErrorException"));
        headers.writeBytes(text(":message-type", "exception"));
        AnswerFacts facts = read(verb, event("contentBlockDelta", TEXT),
                frame(headers.toByteArray(), "{\"message\":\"usage of the prompt\"}".getBytes(UTF_8)));
        assertThat(facts.error()).isEqualTo("modelStreamErrorException");
        assertThat(facts.usage()).isEqualTo(Usage.NONE);
    }

    @Test
    void aDamagedUsageEventIsNotBelieved() {
        byte[] damaged = event("metadata", USAGE);
        damaged[damaged.length - 30] ^= 1;
        AnswerFacts facts = read("converse-stream", event("contentBlockDelta", TEXT), damaged);
        assertThat(facts.usage()).isEqualTo(Usage.NONE);
        assertThat(facts.quantities().isEmpty()).isTrue();
        assertThat(facts.contentSeen()).isTrue();
    }

    @Test
    void afterADamagedEventNoUsageIsTheLastWord() {
        byte[] nonsense = event("chunk", "{}");
        nonsense[9] ^= 1;
        assertThat(read("invoke-with-response-stream", chunk("{\"generation\":\"a\",\"prompt_token_count\":3,"
                + "\"generation_token_count\":1}"), nonsense, chunk("{\"generation_token_count\":9}")).usage())
                .isEqualTo(Usage.EARLY);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    Claude   | {"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":2,"output_tokens":1}}} | {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}} | 7
                    Nova     | {"contentBlockDelta":{"delta":{"text":"a"}}}                                                              | {"metadata":{"usage":{"inputTokens":5,"outputTokens":9,"cacheReadInputTokenCount":2}}}        | 7
                    Titan    | {"outputText":"a","inputTextTokenCount":7}                                                                | {"outputText":"b","totalOutputTextTokenCount":9,"inputTextTokenCount":null}                   | 7
                    Llama    | {"generation":"a","prompt_token_count":7,"generation_token_count":1}                                      | {"generation":"b","prompt_token_count":null,"generation_token_count":9}                       | 7
                    OpenAI   | {"choices":[{"delta":{"content":"a"}}]}                                                                   | {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":9}}                              | 7
                    Cohere   | {"is_finished":false,"text":"a"}                                                                          | {"is_finished":true,"amazon-bedrock-invocationMetrics":{"inputTokenCount":7,"outputTokenCount":9}} | 7
                    Mistral  | {"outputs":[{"text":"a"}]}                                                                                | {"outputs":[],"amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":9,"cacheReadInputTokenCount":2}} | 7
                    Claude 2 | {"completion":"a","stop_reason":null}                                                                     | {"completion":"","amazon-bedrock-invocationMetrics":{"inputTokenCount":7,"outputTokenCount":9}} | 7
                    """)
    void everyFamilysStreamIsRead(String family, String first, String last, long input) {
        AnswerFacts facts = read("invoke-with-response-stream", chunk(first), chunk(last));
        assertThat(facts.quantities().amount(Meter.TOKENS_IN)).as(family).isEqualTo(input);
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).as(family).isEqualTo(9);
        assertThat(facts.usage()).as(family).isIn(Usage.LATEST, Usage.FINAL);
    }

    @Test
    void claudesOwnCountGoesBeforeBedrocks() {
        AnswerFacts facts = read("invoke-with-response-stream",
                chunk("{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":702,\"output_tokens\":1}}}"),
                chunk("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":130}}"),
                chunk("{\"type\":\"message_stop\",\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":702,"
                        + "\"outputTokenCount\":98}}"));
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(130);
    }

    @Test
    void headersTellWhatTheBodyDoesNot() {
        Map<String, String> head = Map.of("x-amzn-bedrock-input-token-count", "30", "x-amzn-bedrock-output-token-count",
                "51", "x-amzn-bedrock-cache-read-input-token-count", "4");
        AnswerFacts nothing = read("invoke", head, whole("{\"text\":\"hi\"}"));
        assertThat(nothing.quantities().amount(Meter.TOKENS_IN)).isEqualTo(34);
        assertThat(nothing.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(51);
        assertThat(nothing.usage()).isEqualTo(Usage.LATEST);
        AnswerFacts guarded = read("invoke", head, whole("{\"output\":{},\"usage\":{\"inputTokens\":30}}"));
        assertThat(guarded.quantities().amount(Meter.TOKENS_IN)).isEqualTo(30);
        assertThat(guarded.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(51);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "1e3", " 7", "9999999999999999999", "seven"})
    void aHeaderThatIsNoCountTellsNothing(String value) {
        Map<String, String> head = Map.of("x-amzn-bedrock-input-token-count", value);
        assertThat(read("invoke", head, whole("{\"text\":\"hi\"}")).usage()).isEqualTo(Usage.NONE);
    }

    @Test
    void imagesAreCountedAndNotTakenForText() {
        AnswerFacts facts = read("invoke", whole("{\"images\":[\"" + "A".repeat(90_000) + "\",\"BBBB\"]}"));
        assertThat(facts.quantities().amount(Meter.IMAGES_GENERATED)).isEqualTo(2);
        assertThat(facts.contentSeen()).isFalse();
    }

    @Test
    void nestedBase64IsDecodedHoweverItIsCut() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            heard.setLength(0);
            String said = "x".repeat(random.nextInt(20_000)) + "ö\\\"?>".repeat(random.nextInt(3));
            byte[] stream = chunk("{\"generation\":\"" + said + "\",\"generation_token_count\":" + round + "}");
            AnswerScanner scanner = scanner("invoke-with-response-stream", Map.of());
            for (int from = 0; from < stream.length;) {
                int some = Math.min(stream.length - from, 1 + random.nextInt(9_000));
                scanner.accept(stream, from, some);
                from += some;
            }
            scanner.end();
            assertThat(scanner.facts().quantities().amount(Meter.TOKENS_OUT)).as("seed %s", seed).isEqualTo(round);
            assertThat(heard.toString().replaceAll("[^x]", "")).as("seed %s", seed)
                    .hasSize(said.replaceAll("[^x]", "")
                            .length());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"bytes\":\"****\"}", "{\"bytes\":7}", "{\"bytes\":\"e30\"", "[", "{\"bytes\":\"\\u0065\"}",
                "null", ""})
    void aPayloadThatIsNoneTellsNothing(String payload) {
        AnswerFacts facts = read("invoke-with-response-stream", event("chunk", payload),
                chunk("{\"totalOutputTextTokenCount\":3}"));
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(3);
    }

    private static byte[] whole(String json) {
        return json.getBytes(UTF_8);
    }

    private static byte[] event(String type, String json) {
        var headers = new ByteArrayOutputStream();
        headers.writeBytes(text(":event-type", type));
        headers.writeBytes(text(":content-type", "application/json"));
        headers.writeBytes(text(":message-type", "event"));
        return frame(headers.toByteArray(), json.getBytes(UTF_8));
    }

    private static byte[] chunk(String json) {
        return event("chunk",
                "{\"bytes\":\"" + Base64.getEncoder().encodeToString(json.getBytes(UTF_8)).replace("/", "\\/")
                        + "\",\"p\":\"abcdef\"}");
    }

    private AnswerScanner scanner(String verb, Map<String, String> head) {
        return Dialects.of("bedrock", "POST", "/model/some.model/" + verb).answer(head::get, output);
    }

    private AnswerFacts read(String verb, byte[]... parts) {
        return read(verb, Map.of(), parts);
    }

    private AnswerFacts read(String verb, Map<String, String> head, byte[]... parts) {
        AnswerScanner scanner = scanner(verb, head);
        for (byte[] part : parts) {
            scanner.accept(part, 0, part.length);
        }
        scanner.end();
        return scanner.facts();
    }
}
