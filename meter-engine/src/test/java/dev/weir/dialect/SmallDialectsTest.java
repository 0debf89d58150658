package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.AnswerFacts.Usage;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The dialects of one path or two: Mistral's own, llama.cpp's own, Anthropic's older completions, Workers AI, TGI.
class SmallDialectsTest {
    @ParameterizedTest
    @CsvSource({"mistral,/v1/fim/completions,mistral.fim", "mistral,/v1/agents/completions,openai.chat",
        "mistral,/v1/conversations,mistral.conversations", "mistral,/v1/conversations/c1/restart,mistral.conversations",
        "mistral,/v1/moderations,openai.moderations", "mistral,/v1/chat/moderations,openai.moderations",
        "mistral,/v1/ocr,mistral.ocr", "llamacpp,/completion,llamacpp.completion",
        "llamacpp,/completions,llamacpp.completion", "llamacpp,/infill,llamacpp.completion",
        "llamacpp,/v1/chat/completions,openai.chat", "anthropic,/v1/complete,anthropic.complete",
        "cloudflare,/client/v4/accounts/a/ai/run/@cf/meta/llama,cloudflare.run",
        "cloudflare,/client/v4/accounts/a/ai/v1/chat/completions,openai.chat", "tgi,/generate,tgi.generate",
        "tgi,/generate_stream,tgi.generate", "tgi,/,tgi.generate", "tgi,/v1/chat/completions,openai.chat",
        "huggingface,/models/m/n,tgi.generate", "openai,/,passthrough"})
    void providerAndPathDecide(String provider, String path, String dialect) {
        assertThat(Dialects.of(provider, "POST", path).id()).isEqualTo(dialect);
    }

    @ParameterizedTest
    @CsvSource({"llamacpp,/tokenize", "vllm,/detokenize", "llamacpp,/apply-template"})
    void countingOrLayingOutATextIsFree(String provider, String path) {
        assertThat(Dialects.of(provider, "POST", path).freeOfTokens()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                            mistral    | /v1/conversations    | {}                                  | {"completion_args":{"max_tokens":7}}
                            mistral    | /v1/conversations    | {"completion_args":{"max_tokens":9}}| {"completion_args":{"max_tokens":7}}
                            mistral    | /v1/fim/completions  | {"prompt":"a"}                      | {"max_tokens":7,"prompt":"a"}
                            llamacpp   | /completion          | {"n_predict":-1}                    | {"n_predict":7}
                            llamacpp   | /completion          | {"max_tokens":9}                    | {"max_tokens":7}
                            anthropic  | /v1/complete         | {"max_tokens_to_sample":9}          | {"max_tokens_to_sample":7}
                            tgi        | /generate            | {"inputs":"a"}                      | {"parameters":{"max_new_tokens":7},"inputs":"a"}
                    tgi        | /                    | {"parameters":{"max_new_tokens":9}} | {"parameters":{"max_new_tokens":7}}
                    cloudflare | /x/ai/run/@cf/m      | {"prompt":"a"}                      | {"max_tokens":7,"prompt":"a"}
                            """)
    void theLimitIsLoweredWhereItStands(String provider, String path, String body, String edited) {
        Dialect dialect = Dialects.of(provider, "POST", path);
        byte[] bytes = body.getBytes(UTF_8);
        assertThat(new String(dialect.edit(facts(provider, path, body), bytes, bytes.length, OptionalLong.of(7), false,
                null), UTF_8)).isEqualTo(edited);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                            mistral  | /v1/agents/completions  | {"agent_id":"ag"}                              | "agent_id" lets the provider add input of its own
                            mistral  | /v1/conversations       | {"inputs":"hi"}                                |
                            mistral  | /v1/conversations       | {"inputs":"hi","agent_id":"ag"}                | the instructions of an agent are kept by the provider
                            mistral  | /v1/conversations       | {"inputs":"hi","tools":[{"type":"function"}]}  |
                            mistral  | /v1/conversations       | {"inputs":"hi","tools":[{"type":"web_search"}]}| a tool of the provider's own adds input
                            mistral  | /v1/conversations       | {"inputs":[{"role":"user","content":[{"type":"image_url","image_url":"u"}]}]} | a message names a file or a URL
                            mistral  | /v1/conversations/c1    | {"inputs":"hi"}                                | a conversation that the provider keeps is named by its id
                            mistral  | /v1/ocr                 | {"document":{"type":"document_url"}}           | a document is read page by page
                            llamacpp | /completion             | {"prompt":"a"}                                 |
                    tgi      | /generate               | {"inputs":"what is ![](https://x/y.png)?"}     | an image in the text may be named by its URL
                    tgi      | /generate               | {"inputs":"what is it?"}                       |
                            """)
    void inputThatIsNotInTheBodyIsNamed(String provider, String path, String body, @Nullable String unseen) {
        assertThat(facts(provider, path, body).prompt().unseen()).isEqualTo(unseen);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"prompt":"a"}                | 1
            {"prompt":["a","b","c"]}      | 3
            {"prompt":["a","b"],"n":2}    | 4
            {"prompt":[1,2,3]}            | 1
            {"prompt":[[1,2],[3]]}        | 2
            """)
    void severalPromptsAreEachCompleted(String body, long choices) {
        assertThat(facts("llamacpp", "/completion", body).choices()).isEqualTo(choices);
    }

    @Test
    void aCompletionCountsWhenItStops() {
        String first = "data: {\"content\":\"a\",\"stop\":false,\"tokens_evaluated\":5,\"tokens_predicted\":1}\n\n";
        assertThat(read("llamacpp", "/completion", first).usage()).isEqualTo(Usage.NONE);
        AnswerFacts facts = read("llamacpp", "/completion", first
                + "data: {\"content\":\"\",\"stop\":true,\"model\":\"m.gguf\",\"tokens_evaluated\":5,"
                + "\"tokens_predicted\":2,\"timings\":{\"prompt_n\":1,\"cache_n\":4}}\n\n");
        assertThat(facts.usage()).isEqualTo(Usage.LATEST);
        assertThat(facts.model()).isEqualTo(new ModelId("m.gguf"));
        assertThat(facts.quantities()).isEqualTo(Quantities.builder()
                .reported(Meter.TOKENS_IN, 5)
                .reported(Meter.TOKENS_OUT, 2)
                .reported(Meter.CACHE_READ, 4)
                .build());
    }

    @Test
    void completionsOfSeveralPromptsAreAddedUp() {
        AnswerFacts facts = read("llamacpp", "/completion",
                "[{\"stop\":true,\"tokens_evaluated\":5,\"tokens_predicted\":2},"
                        + "{\"stop\":true,\"tokens_evaluated\":6,\"tokens_predicted\":3}]");
        assertThat(facts.quantities().amount(Meter.TOKENS_IN)).isEqualTo(11);
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(5);
    }

    @Test
    void whatConnectorsReadIsInputOnTop() {
        AnswerFacts facts = read("mistral", "/v1/conversations", "data: {\"type\":\"function.call.delta\","
                + "\"tool_call_id\":\"c1\",\"arguments\":\"{\"}\n\ndata: {\"type\":\"function.call.delta\","
                + "\"tool_call_id\":\"c1\",\"arguments\":\"}\"}\n\ndata: {\"type\":\"conversation.response.done\",\"usage\":"
                + "{\"prompt_tokens\":188,\"completion_tokens\":55,\"total_tokens\":7355,\"connector_tokens\":7112,"
                + "\"connectors\":{\"web_search\":2,\"web_search_premium\":1}}}\n\n");
        assertThat(facts.usage()).isEqualTo(Usage.FINAL);
        assertThat(facts.quantities()).isEqualTo(Quantities.builder()
                .reported(Meter.TOKENS_IN, 7300)
                .reported(Meter.TOKENS_OUT, 55)
                .reported(Meter.SEARCHES, 3)
                .reported(Meter.TOOL_CALLS_REQUESTED, 1)
                .build());
    }

    @Test
    void aDocumentIsCountedInPages() {
        AnswerFacts facts = read("mistral", "/v1/ocr", "{\"pages\":[{\"markdown\":\"a\"}],\"model\":\"mistral-ocr\","
                + "\"usage_info\":{\"pages_processed\":1,\"doc_size_bytes\":9}}");
        assertThat(facts.usage()).isEqualTo(Usage.FINAL);
        assertThat(facts.quantities()).isEqualTo(Quantities.builder().reported(Meter.PAGES, 1).build());
        assertThat(facts("mistral", "/v1/ocr", "{}").choices()).isZero();
    }

    @Test
    void anOlderCompletionTellsItsTextButNoUsage() {
        AnswerFacts facts = read("anthropic", "/v1/complete", "event: completion\ndata: {\"type\":\"completion\","
                + "\"id\":\"compl_1\",\"completion\":\" Hi\",\"stop_reason\":\"stop_sequence\",\"model\":\"claude-2.1\"}\n\n");
        assertThat(facts.usage()).isEqualTo(Usage.NONE);
        assertThat(facts.contentSeen()).isTrue();
        assertThat(facts.finished()).isTrue();
        assertThat(facts.model()).isEqualTo(new ModelId("claude-2.1"));
    }

    @Test
    void theModelOfWorkersAiStandsInThePath() {
        assertThat(facts("cloudflare", "/client/v4/accounts/a/ai/run/@cf/meta/llama-3", "{\"prompt\":\"a\"}").model())
                .isEqualTo(new ModelId("@cf/meta/llama-3"));
    }

    @ParameterizedTest
    @CsvSource({"/generate,{},false", "/generate_stream,{},true", "/,{},false", "/,{\"stream\":true},true"})
    void thePathOrTheBodyOfTgiSaysStream(String path, String body, boolean streaming) {
        assertThat(facts("tgi", path, body).streaming()).isEqualTo(streaming);
    }

    @Test
    void everySequenceThatTheBestIsChosenFromWasGenerated() {
        assertThat(facts("tgi", "/generate", "{\"inputs\":\"a\",\"parameters\":{\"best_of\":3}}").choices())
                .isEqualTo(3);
        AnswerFacts facts = read("tgi", "/", "[{\"generated_text\":\"a\",\"details\":{\"generated_tokens\":5,"
                + "\"prefill\":[{\"id\":1},{\"id\":2}],\"best_of_sequences\":[{\"generated_tokens\":4},"
                + "{\"generated_tokens\":3}]}}]");
        assertThat(facts.quantities()).isEqualTo(
                Quantities.builder().reported(Meter.TOKENS_IN, 2).reported(Meter.TOKENS_OUT, 12).build());
    }

    @Test
    void theLastEventOfTgiTellsBothCountsAndRepeatsTheText() {
        var heard = new StringBuilder();
        AnswerScanner scanner = Dialects.of("tgi", "POST", "/generate_stream").answer(new OutputListener() {
            @Override
            public void text(byte[] json, int from, int to) {
                heard.append(new String(json, from, to - from, UTF_8));
            }

            @Override
            public void textEnd() {}
        });
        byte[] stream = ("data: {\"token\":{\"id\":1,\"text\":\"a\"},\"generated_text\":null,\"details\":null}\n\n"
                + "data: {\"token\":{\"id\":2,\"text\":\"b\"},\"generated_text\":\"ab\",\"details\":{\"finish_reason\":"
                + "\"length\",\"generated_tokens\":2,\"input_length\":7}}\n\n").getBytes(UTF_8);
        scanner.accept(stream, 0, stream.length);
        assertThat(heard).hasToString("ab");
        assertThat(scanner.facts().usage()).isEqualTo(Usage.FINAL);
        assertThat(scanner.facts().quantities()).isEqualTo(
                Quantities.builder().reported(Meter.TOKENS_IN, 7).reported(Meter.TOKENS_OUT, 2).build());
    }

    @Test
    void whatTgiWasNotAskedForItDoesNotTell() {
        assertThat(read("tgi", "/generate", "{\"generated_text\":\"a\"}").usage()).isEqualTo(Usage.NONE);
        AnswerFacts output = read("tgi", "/generate", "{\"details\":{\"generated_tokens\":5,\"prefill\":[]}}");
        assertThat(output.quantities().has(Meter.TOKENS_IN)).isFalse();
        assertThat(output.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(5);
        assertThat(read("tgi", "/generate", "{\"error\":\"overloaded\",\"error_type\":\"x\"}").error())
                .isEqualTo("error");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    tgi       | /generate    | {"error":"no","error_type":"cap_exceeded","code":"cap_exceeded"}
                    anthropic | /v1/complete | {"type":"error","error":{"type":"rate_limit_error","message":"no","code":"cap_exceeded"},"request_id":null}
                    """)
    void aRefusalIsInTheProvidersShape(String provider, String path, String body) {
        var refusal = new RefusalShape(429, "cap_exceeded", "no", null);
        assertThat(new String(Dialects.of(provider, "POST", path).refusal(refusal).bytes(), UTF_8)).isEqualTo(body);
    }

    private static AnswerFacts read(String provider, String path, String answer) {
        AnswerScanner scanner = Dialects.of(provider, "POST", path).answer(OutputListener.NONE);
        byte[] bytes = answer.getBytes(UTF_8);
        scanner.accept(bytes, 0, bytes.length);
        scanner.end();
        return scanner.facts();
    }

    private static RequestFacts facts(String provider, String path, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        var head = new RequestHead("POST", path, provider, "application/json");
        return ((RequestReading.Facts) Dialects.of(provider, "POST", path).readRequest(head, bytes, bytes.length))
                .facts();
    }
}
