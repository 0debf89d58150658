package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.AnswerFacts.Usage;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// OpenAI's text APIs beside chat: what is read of their requests, what an edit leaves, and what their answers say.
class OpenAiTextApisTest {
    private static final Dialect RESPONSES = Dialects.of("openai", "POST", "/v1/responses");
    private static final Dialect XAI = Dialects.of("xai", "POST", "/v1/responses");
    private static final Dialect COMPLETIONS = Dialects.of("openai", "POST", "/v1/completions");
    private static final Dialect EMBEDDINGS = Dialects.of("openai", "POST", "/v1/embeddings");

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-",
            textBlock = """
                    {"input":"hi"}                                                                         | -
                    {"input":[{"role":"user","content":"hi"}],"instructions":"be brief"}                   | -
                    {"input":[{"type":"function_call_output","call_id":"c","output":"12"}]}                | -
                    {"input":[{"type":"reasoning","id":"rs_1","encrypted_content":"abc","summary":[]}]}    | -
                    {"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,AA"}]}]} | -
                    {"input":"hi","tools":[{"type":"function","name":"f"},{"type":"custom","name":"g"}]}   | -
                    {"input":"hi","previous_response_id":null,"conversation":null,"prompt":null}           | -
                    {"input":"hi","previous_response_id":"resp_1"}                                         | an earlier response is named by its id
                    {"input":"hi","conversation":{"id":"conv_1"}}                                          | a stored conversation is named by its id
                    {"prompt":{"id":"pmpt_1"}}                                                             | a stored prompt is named by its id
                    {"input":"hi","context_management":[{"type":"compaction"}]}                            | context management may add a pass over the conversation
                    {"input":"hi","reasoning":{"mode":"pro"}}                                              | the reasoning mode lets the model read input of its own
                    {"input":[{"type":"item_reference","id":"msg_1"}]}                                     | an item names something that the provider kept
                    {"input":[{"type":"reasoning","id":"rs_1","summary":[]}]}                              | an earlier reasoning is named by its id
                    {"input":[{"role":"user","content":[{"type":"input_file","file_id":"file_1"}]}]}       | a message names or holds a file whose text Weir does not read
                    {"input":[{"role":"user","content":[{"type":"input_file","file_url":"https://a/b"}]}]} | a message names or holds a file whose text Weir does not read
                    {"input":[{"role":"user","content":[{"type":"input_image","file_id":"file_1"}]}]}      | a message names or holds a file whose text Weir does not read
                    {"input":[{"role":"user","content":[{"type":"input_image","image_url":"https://a/b"}]}]} | an image is named by its URL
                    {"input":"hi","tools":[{"type":"web_search"}]}                                         | a tool of the provider's own adds input
                    {"input":"hi","tools":[{"type":"mcp","server_url":"https://a"}]}                       | a tool of the provider's own adds input
                    """)
    void whatTheProviderKeepsOrAddsIsUnseen(String body, String why) {
        assertThat(facts(RESPONSES, body).prompt().unseen()).isEqualTo(why);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"max_output_tokens\":1,\"max_output_tokens\":9}",
        "{\"Max_Output_Tokens\":9}",
        "{\"input\":\"a\",\"INPUT\":\"b\"}",
        "{\"background\":false,\"background\":true}",
        "{\"previous_response_id\":null,\"previous_response_id\":\"resp_1\"}",
    })
    void aRequestWithTwoReadingsIsRefused(String body) {
        byte[] bytes = body.getBytes(UTF_8);
        assertThat(RESPONSES.readRequest(head("/v1/responses"), bytes, bytes.length))
                .isInstanceOf(RequestReading.Unreadable.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"input":"hi"}                          | {"max_output_tokens":20,"input":"hi"}
            {"max_output_tokens":100,"input":"hi"}  | {"max_output_tokens":20,"input":"hi"}
            {"max_output_tokens":17}                | {"max_output_tokens":17}
            {"max_output_tokens":null}              | {"max_output_tokens":20}
            """)
    void theOutputLimitOfAResponseIsLoweredOrAdded(String body, String edited) {
        assertThat(facts(RESPONSES, body).outputLimitMin()).isEqualTo(16);
        byte[] bytes = body.getBytes(UTF_8);
        assertThat(new String(RESPONSES.edit(facts(RESPONSES, body), bytes, bytes.length, OptionalLong.of(20), false,
                null), UTF_8)).isEqualTo(edited);
    }

    @ParameterizedTest(name = "{0}: {1} searches and {2} images at most")
    @CsvSource(delimiter = '|', textBlock = """
            {"tools":[{"type":"web_search"}]}                                            | 16 | 0
            {"tools":[{"type":"image_generation"}],"max_tool_calls":3}                   | 0  | 3
            {"max_tool_calls":2,"tools":[{"type":"web_search_preview"},{"type":"image_generation"}]} | 2 | 2
            {"tools":[{"type":"function","name":"web_search"}]}                          | 0  | 0
            """)
    void hostedToolsAreBoundedByTheirCalls(String body, long searches, long images) {
        Quantities others = facts(RESPONSES, body).others();
        assertThat(others.amount(Meter.SEARCHES)).isEqualTo(searches);
        assertThat(others.amount(Meter.IMAGES_GENERATED)).isEqualTo(images);
    }

    @ParameterizedTest(name = "{0}: {1} answers")
    @CsvSource(delimiter = '|', textBlock = """
            {"prompt":"a"}                                 | 1
            {"prompt":["a","b","c"]}                       | 3
            {"prompt":[1,2,3]}                             | 1
            {"prompt":[[1,2],[3]]}                         | 2
            {"prompt":["a","b"],"n":2,"best_of":5}         | 10
            {"best_of":5,"prompt":["a","b"],"n":2}         | 10
            {"prompt":["a","b"],"n":1000000000000}         | 2000000000000
            """)
    void everyPromptIsAnsweredAsOftenAsAskedFor(String body, long answers) {
        assertThat(facts(COMPLETIONS, body).choices()).isEqualTo(answers);
    }

    @Test
    void tokenNumbersAreBoundedByTheirBytesAndNotCounted() {
        RequestFacts facts = facts(EMBEDDINGS, "{\"input\":[[1,2,3],[4,5]]}");
        assertThat(facts.prompt().onlyText()).isFalse();
        assertThat(facts.prompt().unseen()).isNull();
        assertThat(facts.prompt().boundTokens()).isGreaterThan(5);
    }

    /// Providers.md §1.18: tool use beside `usage`.
    @Test
    void anImageModelsTokensAreAddedAndToldApartAtItsOwnPrice() {
        AnswerFacts facts = read(RESPONSES, """
                {"id":"resp_1","status":"completed","model":"gpt-5","error":null,
                "tools":[{"type":"image_generation","model":"gpt-image-1.5"}],
                "output":[{"type":"image_generation_call","result":"AAAA"},
                 {"type":"web_search_call","action":{"type":"open_page"}}],
                "tool_usage":{"image_gen":{"input_tokens":30,"output_tokens":1000,"total_tokens":1030},
                 "web_search":{"num_requests":2}},
                "usage":{"input_tokens":9,"output_tokens":20,"total_tokens":29}}""");
        assertThat(facts.usage()).isEqualTo(Usage.FINAL);
        assertThat(facts.quantities().amount(Meter.TOKENS_IN)).isEqualTo(39);
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(1020);
        assertThat(facts.quantities().amount(Meter.IMAGES_GENERATED)).isEqualTo(1);
        assertThat(facts.quantities().amount(Meter.SEARCHES)).isEqualTo(2);
        assertThat(facts.sides()).singleElement().satisfies(side -> {
            assertThat(side.model()).isEqualTo(new ModelId("gpt-image-1.5"));
            assertThat(side.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(1000);
            assertThat(side.quantities().amount(Meter.IMAGES_GENERATED)).isEqualTo(1);
        });
    }

    /// Providers.md §1.6: in Responses xAI's reasoning is inside the output; its searches are in a place of its own.
    @Test
    void xaisReasoningIsInsideAndItsSearchesAreCounted() {
        AnswerFacts facts = read(XAI, """
                {"id":"r","status":"completed","model":"grok-4","output":[],
                "usage":{"input_tokens":10,"output_tokens":50,"output_tokens_details":{"reasoning_tokens":40},
                "total_tokens":60,"server_side_tool_usage_details":{"web_search_calls":2,"x_search_calls":3}}}""");
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(50);
        assertThat(facts.quantities().amount(Meter.REASONING)).isEqualTo(40);
        assertThat(facts.quantities().amount(Meter.SEARCHES)).isEqualTo(5);
    }

    /// Providers.md §1.14.
    @Test
    void negativeTokensAreKeptAsTheyWereReported() {
        AnswerFacts facts = read(RESPONSES,
                "{\"id\":\"r\",\"status\":\"completed\",\"usage\":{\"input_tokens\":0,\"output_tokens\":-9}}");
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(-9);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    {"type":"error","code":"server_error","message":"m","param":null}                                  | server_error
                    {"type":"error","error":{"code":"unknown-error","message":"m"}}                                    | unknown-error
                    {"type":"response.failed","response":{"id":"r","status":"failed","error":{"code":"rate_limit"}}}   | rate_limit
                    """)
    void anErrorInsideAStreamIsSeen(String event, String error) {
        assertThat(read(RESPONSES, "event: x\ndata: " + event + "\n\n").error()).isEqualTo(error);
    }

    @Test
    void aVoyageTotalIsTheInputAndTheOutputIsZero() {
        Quantities quantities = read(EMBEDDINGS, "{\"data\":[],\"model\":\"voyage-3\",\"usage\":{\"total_tokens\":7}}")
                .quantities();
        assertThat(quantities.amount(Meter.TOKENS_IN)).isEqualTo(7);
        assertThat(quantities.has(Meter.TOKENS_OUT)).isTrue();
        assertThat(quantities.amount(Meter.TOKENS_OUT)).isZero();
    }

    @ParameterizedTest(name = "{0} {1}: {2}, free: {3}, model {4}")
    @CsvSource({
        "azure,   /openai/deployments/gpt5/responses,           openai.responses,   false, gpt5",
        "azure,   /openai/v1/responses,                         openai.responses,   false, m",
        "azure,   /openai/responses,                            openai.responses,   false, m",
        "azure,   /openai/deployments/inst/completions,         openai.completions, false, inst",
        "azure,   /openai/deployments/emb%20x/embeddings,       openai.embeddings,  false, emb x",
        "azure,   /models/embeddings,                           openai.embeddings,  false, m",
        "chatgpt, /backend-api/codex/responses,                 openai.responses,   false, m",
        "openrouter, /api/v1/rerank,                            rerank,             false, m",
        "mistral, /v1/chat/moderations,                         openai.moderations, false, m",
        "openai,  /v1/moderations,                              openai.moderations, true,  m",
        "openai,  /v1/responses/input_tokens,                   passthrough,        true,  m",
    })
    void aHostsOwnPathSpeaksTheSameDialect(String provider, String path, String id, boolean free, String model) {
        Dialect dialect = Dialects.of(provider, "POST", path);
        assertThat(dialect.id()).isEqualTo(id);
        assertThat(dialect.freeOfTokens()).isEqualTo(free);
        byte[] body = (path.contains("deployments") ? "{}" : "{\"model\":\"m\"}").getBytes(UTF_8);
        if (dialect.readsBody()) {
            assertThat(dialect.readRequest(head(path), body, body.length)).isInstanceOfSatisfying(
                    RequestReading.Facts.class,
                    facts -> assertThat(facts.facts().model()).isEqualTo(new ModelId(model)));
        }
    }

    private static AnswerFacts read(Dialect dialect, String answer) {
        AnswerScanner scanner = dialect.answer(OutputListener.NONE);
        byte[] body = answer.getBytes(UTF_8);
        scanner.accept(body, 0, body.length);
        scanner.end();
        return scanner.facts();
    }

    private static RequestHead head(String path) {
        return new RequestHead("POST", path, "openai", "application/json");
    }

    private static RequestFacts facts(Dialect dialect, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        return ((RequestReading.Facts) dialect.readRequest(head("/v1/x"), bytes, bytes.length)).facts();
    }
}
