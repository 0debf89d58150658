package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.AnswerFacts.Usage;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is peculiar to Cohere's own API and to rerankers; that recorded traffic is read to the token is `CorpusTest`'s.
class CohereTest {
    private static final Dialect CHAT = Dialects.of("cohere", "POST", "/v2/chat");
    private static final Dialect CHAT_V1 = Dialects.of("cohere", "POST", "/v1/chat");
    private static final Dialect EMBED = Dialects.of("cohere", "POST", "/v2/embed");
    private static final Dialect RERANK = Dialects.of("cohere", "POST", "/v2/rerank");

    @ParameterizedTest
    @CsvSource({"cohere,/v2/chat,cohere.v2.chat", "cohere,/v1/chat,cohere.v1.chat",
        "cohere,/v1/generate,cohere.v1.generate", "cohere,/v1/embed,cohere.embed", "cohere,/v2/embed,cohere.embed",
        "cohere,/v1/rerank,cohere.rerank", "cohere,/compatibility/v1/chat/completions,openai.chat",
        "cohere,/v1/tokenize,passthrough", "voyage,/v1/rerank,rerank", "openai,/v2/chat,passthrough"})
    void providerAndPathDecide(String provider, String path, String dialect) {
        assertThat(Dialects.of(provider, "POST", path).id()).isEqualTo(dialect);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    {"messages":[{"role":"user","content":"hi"}],"documents":[{"data":{"a":"b"}}]}                                       |
                    {"connectors":[],"conversation_id":null}                                                                             |
                    {"connectors":[{"id":"web-search"}]}                                                                                 | a connector adds what it finds to the input
                    {"conversation_id":"c"}                                                                                              | a conversation that the provider keeps is named by its id
                    {"preset":"p"}                                                                                                       | a preset that the provider keeps is named by its id
                    {"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]}       |
                    {"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png","detail":"low"}}]}]} | an image is named by its URL
                    """)
    void inputThatIsNotInTheBodyIsNamed(String body, @Nullable String unseen) {
        assertThat(facts(CHAT, body).prompt().unseen()).isEqualTo(unseen);
    }

    @Test
    void generationsMultiplyAndTheLimitIsLowered() {
        byte[] body = "{\"prompt\":\"a\",\"num_generations\":3,\"max_tokens\":90,\"stream\":true}".getBytes(UTF_8);
        RequestFacts facts = facts(CHAT_V1, new String(body, UTF_8));
        assertThat(facts.choices()).isEqualTo(3);
        assertThat(facts.outputLimit()).hasValue(90);
        assertThat(facts.streaming()).isTrue();
        assertThat(new String(CHAT_V1.edit(facts, body, body.length, OptionalLong.of(9), false, null), UTF_8))
                .contains("\"max_tokens\":9,");
    }

    @Test
    void maxTokensOfAnEmbeddingIsNoOutput() {
        RequestFacts facts = facts(EMBED, "{\"texts\":[\"a\"],\"max_tokens\":100}");
        assertThat(facts.choices()).isZero();
        assertThat(facts.outputLimit()).isEmpty();
    }

    @Test
    void whatIsCountedAndWhatIsBilledAreKeptApart() {
        AnswerFacts facts = read(CHAT, "{\"usage\":{\"billed_units\":{\"input_tokens\":91.0,\"output_tokens\":31},"
                + "\"tokens\":{\"input_tokens\":1622.0,\"output_tokens\":44,\"reasoning_tokens\":9},\"cached_tokens\":1024}}");
        assertThat(facts.usage()).isEqualTo(Usage.FINAL);
        assertThat(facts.quantities()).isEqualTo(Quantities.builder()
                .reported(Meter.TOKENS_IN, 1622)
                .reported(Meter.TOKENS_OUT, 44)
                .reported(Meter.REASONING, 9)
                .reported(Meter.CACHE_READ, 1024)
                .build());
        assertThat(facts.billed()).isEqualTo(
                Quantities.builder().reported(Meter.TOKENS_IN, 91).reported(Meter.TOKENS_OUT, 31).build());
    }

    @Test
    void whereOnlyTheBillIsToldItIsTheCount() {
        AnswerFacts facts = read(EMBED, "{\"meta\":{\"billed_units\":{\"input_tokens\":31,\"image_tokens\":4}}}");
        assertThat(facts.quantities()).isEqualTo(Quantities.builder().reported(Meter.TOKENS_IN, 35).build());
        assertThat(facts.billed().isEmpty()).isTrue();
    }

    @Test
    void embeddedImagesAreToldAndHaveNoMeter() {
        AnswerFacts facts = read(EMBED, "{\"meta\":{\"billed_units\":{\"images\":1}}}");
        assertThat(facts.usage()).isEqualTo(Usage.FINAL);
        assertThat(facts.quantities().isEmpty()).isTrue();
    }

    @Test
    void usageOfVersionTwoStandsInTheLastEvent() {
        String stream = """
                event: content-delta
                data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hello"}}}}

                event: tool-call-start
                data: {"type":"tool-call-start","delta":{"message":{"tool_calls":{"id":"c1","function":{"name":"f"}}}}}

                event: message-end
                data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":5,"output_tokens":2}}}}
                """;
        assertThat(read(CHAT, stream.substring(0, stream.indexOf("event: message-end"))).usage())
                .isEqualTo(Usage.NONE);
        AnswerFacts facts = read(CHAT, stream);
        assertThat(facts.usage()).isEqualTo(Usage.FINAL);
        assertThat(facts.finished()).isTrue();
        assertThat(facts.quantities().amount(Meter.TOOL_CALLS_REQUESTED)).isEqualTo(1);
    }

    @Test
    void theLastLineOfVersionOneRepeatsTheTextWhichCountsOnce() {
        var heard = new StringBuilder();
        AnswerScanner scanner = CHAT_V1.answer(new OutputListener() {
            @Override
            public void text(byte[] json, int from, int to) {
                heard.append(new String(json, from, to - from, UTF_8));
            }

            @Override
            public void textEnd() {}
        });
        byte[] stream = """
                {"is_finished":false,"event_type":"text-generation","text":"H"}
                {"is_finished":false,"event_type":"text-generation","text":"ola"}
                {"is_finished":true,"event_type":"stream-end","response":{"text":"Hola","meta":{"tokens":{"input_tokens":206,"output_tokens":3}}},"finish_reason":"COMPLETE"}
                """
                .getBytes(UTF_8);
        scanner.accept(stream, 0, stream.length);
        assertThat(heard).hasToString("Hola");
        assertThat(scanner.facts().usage()).isEqualTo(Usage.FINAL);
        assertThat(scanner.facts().quantities().amount(Meter.TOKENS_IN)).isEqualTo(206);
    }

    @Test
    void anAnswerThatFailedTellsNoUsage() {
        AnswerFacts facts = read(CHAT, "data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\","
                + "\"usage\":{},\"error\":\"No valid response\"}}\n\n");
        assertThat(facts.usage()).isEqualTo(Usage.NONE);
        assertThat(facts.error()).isEqualTo("error");
        assertThat(facts.finished()).isFalse();
    }

    @Test
    void searchUnitsAreSearchesAndTheirMostIsKnownBefore() {
        String body = "{\"model\":\"rerank-v3.5\",\"query\":\"q\",\"documents\":[" + "\"a\",".repeat(249) + "\"a\"]}";
        RequestFacts facts = facts(RERANK, body);
        assertThat(facts.others().amount(Meter.SEARCHES)).isGreaterThanOrEqualTo(3);
        assertThat(facts.choices()).isZero();
        AnswerFacts answer = read(RERANK, "{\"id\":\"r\",\"meta\":{\"billed_units\":{\"search_units\":3}}}");
        assertThat(answer.quantities()).isEqualTo(Quantities.builder().reported(Meter.SEARCHES, 3).build());
    }

    @Test
    void aRefusalIsAnIdAndAMessage() {
        var refusal = new RefusalShape(429, "cap_exceeded", "no", "r1");
        for (Dialect dialect : new Dialect[]{CHAT, CHAT_V1, EMBED, RERANK}) {
            assertThat(new String(dialect.refusal(refusal).bytes(), UTF_8))
                    .isEqualTo("{\"id\":\"r1\",\"message\":\"no\",\"code\":\"cap_exceeded\"}");
        }
    }

    private static AnswerFacts read(Dialect dialect, String answer) {
        AnswerScanner scanner = dialect.answer(OutputListener.NONE);
        byte[] bytes = answer.getBytes(UTF_8);
        scanner.accept(bytes, 0, bytes.length);
        scanner.end();
        return scanner.facts();
    }

    private static RequestFacts facts(Dialect dialect, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        var head = new RequestHead("POST", "/v2/chat", "cohere", "application/json");
        return ((RequestReading.Facts) dialect.readRequest(head, bytes, bytes.length)).facts();
    }
}
