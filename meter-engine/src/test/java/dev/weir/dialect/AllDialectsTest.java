package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.AnswerFacts.Usage;
import dev.weir.usage.Meter;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What holds for all dialects alike, said of those that once did otherwise.
class AllDialectsTest {
    private static final String FORM = "multipart/form-data; boundary=b";

    @ParameterizedTest
    @CsvSource({"openai,/v1/chat/completions/,openai.chat", "anthropic,/v1//messages,anthropic.messages",
        "openai,//v1/responses//,openai.responses", "google,/v1beta/models/m:generateContent/,gemini.generateContent",
        "tgi,/,tgi.generate", "tgi,//,tgi.generate"})
    void anEmptySegmentHidesNoDialect(String provider, String path, String dialect) {
        assertThat(Dialects.of(provider, "POST", path).id()).isEqualTo(dialect);
    }

    @ParameterizedTest
    @CsvSource({
        "azure,/openai/deployments/dear/chat/completions,{'model':'cheap'},dear",
        "azure,/openai/deployments/dear/completions,{'model':'cheap'},dear",
        "azure,/openai/deployments/dear/embeddings,{'model':'cheap'},dear",
        "azure,/openai/deployments/dear/images/generations,{'model':'cheap'},dear",
        "azure,/openai/deployments/dear/images/generations,{'prompt':'a'},dear",
        "azure,/openai/deployments/dear/audio/speech,{'model':'cheap'},dear",
        "azure,/openai/deployments/my%20own/chat/completions,{},my own",
        "azure,/openai/v1/chat/completions,{'model':'named'},named",
        "cloudflare,/x/ai/run/@cf/meta/llama,{'model':'cheap'},@cf/meta/llama",
        "cloudflare,/x/ai/run/%40cf/meta/llama,{},@cf/meta/llama",
        "huggingface,/models/org/name,{'inputs':'a'},org/name", "tgi,/generate,{'inputs':'a'},",
        "google,/v1beta/models/gem%2B1:generateContent,{'model':'cheap'},gem+1"})
    void theModelIsTheOneThatThePathNames(String provider, String path, String body, @Nullable String model) {
        RequestFacts facts = facts(provider, path, body.replace('\'', '"'));
        assertThat(facts.model() == null ? null : facts.model().value()).isEqualTo(model);
    }

    @ParameterizedTest
    @CsvSource({"audio/transcriptions,dear", "images/edits,dear"})
    void aFormDoesNotSayOtherwise(String api, String model) {
        String path = "/openai/deployments/dear/" + api;
        byte[] form = form("model", "cheap").getBytes(UTF_8);
        RequestReading reading = Dialects.of("azure", "POST", path)
                .readRequest(new RequestHead("POST", path, "azure", FORM), form, form.length);
        assertThat(String.valueOf(((RequestReading.Facts) reading).facts().model())).isEqualTo(model);
    }

    @ParameterizedTest
    @CsvSource({"/v1/images/edits,n", "/v1/images/edits,model", "/v1/audio/transcriptions,model"})
    void aFormWithOneFieldTwiceHasTwoReadings(String path, String field) {
        byte[] form = form(field, "1", field, "9").getBytes(UTF_8);
        assertThat(Dialects.of("openai", "POST", path)
                .readRequest(new RequestHead("POST", path, "openai", FORM), form, form.length))
                .isEqualTo(new RequestReading.Unreadable(
                        "The field \"" + field + "\" stands twice in the form. Send it once."));
    }

    @Test
    void whatAFormMayRepeatItMayRepeat() {
        byte[] form = form("timestamp_granularities[]", "word", "timestamp_granularities[]", "segment").getBytes(UTF_8);
        assertThat(Dialects.of("openai", "POST", "/v1/audio/transcriptions")
                .readRequest(
                        new RequestHead("POST", "/v1/audio/transcriptions", "openai", FORM), form, form.length))
                .isInstanceOf(RequestReading.Facts.class);
    }

    private static String form(String... fields) {
        var form = new StringBuilder();
        for (int i = 0; i < fields.length; i += 2) {
            form.append("--b\r\nContent-Disposition: form-data; name=\"").append(fields[i]).append("\"\r\n\r\n");
            form.append(fields[i + 1]).append("\r\n");
        }
        return form.append("--b--\r\n").toString();
    }

    /// One half of a usage object follows from the other and their sum; where it does not, it is absent, not zero.
    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    openai     | /v1/chat/completions | {"usage":{"prompt_tokens":5}}                        | EARLY {tokens_in=5}
                    openai     | /v1/chat/completions | {"usage":{"completion_tokens":7}}                    | LATEST {tokens_out=7}
                    openai     | /v1/chat/completions | {"usage":{"prompt_tokens":5,"total_tokens":12}}      | LATEST {tokens_in=5, tokens_out=7}
                    openai     | /v1/chat/completions | {"usage":{"completion_tokens":7,"total_tokens":12}}  | LATEST {tokens_in=5, tokens_out=7}
                    openai     | /v1/chat/completions | {"usage":{"prompt_tokens":5,"completion_tokens":0}}  | LATEST {tokens_in=5, tokens_out=0}
                    openai     | /v1/chat/completions | {"usage":{"total_tokens":12}}                        | NONE {}
                    openai     | /v1/responses        | {"status":"completed","usage":{"input_tokens":5}}    | EARLY {tokens_in=5}
                    openai     | /v1/responses        | {"usage":{"input_tokens":5,"total_tokens":12}}       | FINAL {tokens_in=5, tokens_out=7}
                    openai     | /v1/responses        | {"usage":{"output_tokens":7}}                        | FINAL {tokens_out=7}
                    openai     | /v1/responses        | {"usage":{"total_tokens":12}}                        | NONE {}
                    cloudflare | /x/ai/run/@cf/m      | {"usage":{"prompt_tokens":5}}                        | EARLY {tokens_in=5}
                    cloudflare | /x/ai/run/@cf/m      | {"usage":{"completion_tokens":7}}                    | LATEST {tokens_out=7}
                    anthropic  | /v1/messages         | {"usage":{"output_tokens":7}}                        | LATEST {tokens_out=7}
                    """)
    void absentIsNotZero(String provider, String path, String answer, String expected) {
        AnswerFacts facts = answered(provider, "POST", path, answer);
        assertThat(facts.usage() + " " + facts.quantities()).isEqualTo(expected);
    }

    @Test
    void whatALaterUsageLeavesOutAnEarlierOneHasTold() {
        AnswerFacts facts = answered("groq", "POST", "/openai/v1/chat/completions", """
                data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,\
                "completion_tokens":7,"prompt_tokens_details":{"cached_tokens":4}}}

                data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":8}}

                """);
        assertThat(facts.quantities().toString()).isEqualTo("{tokens_in=5, tokens_out=8, cache_read=4}");
    }

    @Test
    void aMessagesStreamWhoseLastUsageIsEmptyToldNoOutput() {
        AnswerFacts facts = answered("anthropic", "POST", "/v1/messages", """
                data: {"type":"message_start","message":{"usage":{"input_tokens":5,"output_tokens":1}}}

                data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{}}

                """);
        assertThat(facts.usage()).isEqualTo(Usage.EARLY);
        assertThat(facts.quantities().has(Meter.TOKENS_OUT)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            POST | /v1beta/interactions             | LATER
            GET  | /v1beta/interactions/int-1       | LATER
            POST | /v1beta/interactions/int-1/cancel| LATER
            """)
    void anInteractionInTheBackgroundTellsItsUsageLater(String method, String path, Usage usage) {
        AnswerFacts running = answered("google", method, path, "{\"id\":\"int-1\",\"status\":\"in_progress\"}");
        assertThat(running.usage()).isEqualTo(usage);
        assertThat(running.id()).isEqualTo("int-1");
        assertThat(Dialects.of("google", method, path).looksUp()).isEqualTo(!path.endsWith("/interactions"));
    }

    /// Of the second usage object only half has come.
    @Test
    void aCutInsideAnInteractionsUsageLeavesTheOneBefore() {
        AnswerFacts facts = answered("google", "POST", "/v1beta/interactions", """
                data: {"event_type":"interaction.created","interaction":{"usage":{"total_input_tokens":5,\
                "total_output_tokens":6}}}

                data: {"event_type":"interaction.completed","interaction":{"usage":{"total_input_tokens":9,""");
        assertThat(facts.usage()).isEqualTo(Usage.LATEST);
        assertThat(facts.quantities().toString()).isEqualTo("{tokens_in=5, tokens_out=6}");
    }

    @Test
    void aConversationThatFailsSaysSo() {
        assertThat(answered("mistral", "POST", "/v1/conversations",
                "data: {\"type\":\"conversation.response.error\",\"message\":\"no\",\"code\":500}\n\n").error())
                .isEqualTo("error");
    }

    @Test
    void aTextThatTwoFormatsShareIsHeardOnce() {
        var heard = new ByteArrayOutputStream();
        AnswerScanner scanner = Dialects.of("bedrock", "POST", "/model/m/invoke").answer(new OutputListener() {
            @Override
            public void text(byte[] json, int from, int to) {
                heard.write(json, from, to - from);
            }

            @Override
            public void textEnd() {
                heard.write('|');
            }
        });
        byte[] answer = "{\"choices\":[{\"text\":\"Yes\"}]}".getBytes(UTF_8);
        scanner.accept(answer, 0, answer.length);
        assertThat(heard.toString(UTF_8)).isEqualTo("Yes|");
    }

    @Test
    void asManyAnswersAsNoNumberHoldsAreAsManyAsThereCanBe() {
        String prompts = "[" + "\"a\",".repeat(20) + "\"a\"]";
        for (String path : List.of("/completion", "/v1/completions")) {
            assertThat(facts("llamacpp", path, "{\"n\":999999999999999999,\"prompt\":" + prompts + "}").choices())
                    .isEqualTo(Long.MAX_VALUE);
        }
    }

    @ParameterizedTest
    @CsvSource({"ollama,/api/embed", "cohere,/v1/embed"})
    void whereNoTokensComeOutNoLimitIsPutIn(String provider, String path) {
        byte[] body = "{\"model\":\"m\"}".getBytes(UTF_8);
        assertThat(Dialects.of(provider, "POST", path)
                .edit(facts(provider, path, "{\"model\":\"m\"}"), body, body.length, OptionalLong.of(7), false, null))
                .isEqualTo(body);
    }

    @Test
    void aModelOfTheCustomersOwnHasNoBound() {
        String body = "{\"instances\":[{\"prompt\":\"a\"}]}";
        RequestFacts deployed = facts("vertex", "/v1/projects/p/locations/l/endpoints/77:predict", body);
        assertThat(deployed.prompt().unseen()).isNotNull();
        assertThat(deployed.choices()).isEqualTo(1);
        assertThat(facts("vertex", "/v1/projects/p/locations/l/publishers/google/models/text-embedding-1:predict", body)
                .prompt()
                .unseen()).isNull();
    }

    @Test
    void aDocumentHasItsMostPages() {
        assertThat(facts("mistral", "/v1/ocr", "{\"document\":{}}").others().amount(Meter.PAGES)).isEqualTo(1_000);
        assertThat(Dialects.of("mistral", "POST", "/v1/ocr").ordersOthers()).isFalse();
    }

    /// A hundred such numbers may be added up, and the sum is no accident.
    @Test
    void anAbsurdCountIsClamped() {
        AnswerFacts facts = answered("anthropic", "POST", "/v1/messages", """
                {"usage":{"input_tokens":9e18,"cache_read_input_tokens":9e18,"output_tokens":9e18,"iterations":[\
                {"type":"compaction","input_tokens":9e18,"output_tokens":9e18}]}}""");
        assertThat(facts.quantities().amount(Meter.TOKENS_IN)).isEqualTo(3 * JsonNumber.MOST);
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(2 * JsonNumber.MOST);
    }

    private static AnswerFacts answered(String provider, String method, String path, String answer) {
        AnswerScanner scanner = Dialects.of(provider, method, path).answer(OutputListener.NONE);
        byte[] bytes = answer.getBytes(UTF_8);
        scanner.accept(bytes, 0, bytes.length);
        scanner.end();
        return scanner.facts();
    }

    private static RequestFacts facts(String provider, String path, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        RequestReading reading = Dialects.of(provider, "POST", path)
                .readRequest(new RequestHead("POST", path, provider, "application/json"), bytes, bytes.length);
        assertThat(reading).isInstanceOf(RequestReading.Facts.class);
        return ((RequestReading.Facts) reading).facts();
    }
}
