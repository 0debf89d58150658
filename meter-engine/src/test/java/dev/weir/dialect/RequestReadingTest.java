package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.usage.ModelId;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is read out of a request, and what an edit of it looks like, byte for byte.
class RequestReadingTest {
    private static final Dialect OPENAI = Dialects.of("openai", "POST", "/v1/chat/completions");
    private static final Dialect GROQ = Dialects.of("groq", "POST", "/openai/v1/chat/completions");
    private static final Dialect ANTHROPIC = Dialects.of("anthropic", "POST", "/v1/messages");

    @Test
    void modelStreamLimitChoicesAndUserAreRead() {
        RequestFacts facts = facts(OPENAI, "{\"model\":\"gpt-4o\",\"n\":3,\"stream\":true,\"user\":\"u1\","
                + "\"max_tokens\":10,\"max_completion_tokens\":20,\"stream_options\":{\"include_usage\":true}}");
        assertThat(facts.model()).isEqualTo(new ModelId("gpt-4o"));
        assertThat(facts.streaming()).isTrue();
        assertThat(facts.choices()).isEqualTo(3);
        assertThat(facts.user()).isEqualTo("u1");
        assertThat(facts.outputLimit()).hasValue(20);
        assertThat(facts.usageAsked()).isTrue();
        assertThat(OPENAI.mustAskUsage(facts)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                           | {"max_completion_tokens":7}
            {"a":1}                                      | {"max_completion_tokens":7,"a":1}
             { "max_tokens" : 100 }                      |  { "max_tokens" : 7 }
            {"max_tokens":5}                             | {"max_tokens":5}
            {"max_tokens":null}                          | {"max_tokens":7}
            {"max_tokens":1e9,"max_completion_tokens":8} | {"max_tokens":7,"max_completion_tokens":7}
            {"max_tokens":-1}                            | {"max_tokens":7}
            {"max_tok\\u0065ns":70}                      | {"max_tok\\u0065ns":7}
            """)
    void everyOutputLimitIsLoweredAndOneIsAddedWhereThereIsNone(String body, String edited) {
        assertThat(edit(OPENAI, body, OptionalLong.of(7), false)).isEqualTo(edited);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    {"stream":true}                                          | {"stream_options":{"include_usage":true},"stream":true}
                    {"stream":true,"stream_options":null}                    | {"stream":true,"stream_options":{"include_usage":true}}
                    {"stream":true,"stream_options":{}}                      | {"stream":true,"stream_options":{"include_usage":true}}
                    {"stream_options":{ "x":[1] },"stream":true}             | {"stream_options":{"include_usage":true, "x":[1] },"stream":true}
                    {"stream_options":{"include_usage":false},"stream":true} | {"stream_options":{"include_usage":true},"stream":true}
                    {"stream_options":{"include_usage": null},"stream":true} | {"stream_options":{"include_usage": true},"stream":true}
                    """)
    void usageIsAskedForWithoutTouchingAnythingElse(String body, String edited) {
        assertThat(OPENAI.mustAskUsage(facts(OPENAI, body))).isTrue();
        assertThat(edit(OPENAI, body, OptionalLong.empty(), true)).isEqualTo(edited);
    }

    @Test
    void bothEditsGoTogether() {
        assertThat(edit(GROQ, "{\"stream\":true}", OptionalLong.of(9), true))
                .isEqualTo("{\"max_tokens\":9,\"stream_options\":{\"include_usage\":true},\"stream\":true}");
    }

    @Test
    void hostsThatTellUsageUnaskedAreNotAsked() {
        for (String asked : new String[]{"zai", "baseten", "vercel", "copilot", "cloudflare", "xai", "fireworks"}) {
            Dialect dialect = Dialects.of(asked, "POST", "/v1/chat/completions");
            assertThat(dialect.mustAskUsage(facts(dialect, "{\"stream\":true}"))).as(asked).isTrue();
        }
        assertThat(GROQ.mustAskUsage(facts(GROQ, "{\"stream\":true}"))).isFalse();
        assertThat(OPENAI.mustAskUsage(facts(OPENAI, "{\"stream\":false}"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "\"x\"", "{", "{\"model\":\"a\",\"model\":\"b\"}",
        "{\"max_tokens\":1,\"Max_Tokens\":9}",
        "{\"MODEL\":\"a\"}", "{\"x\":1,\"x\":2}", "{\"max_tokens\":1,\"max\\u005ftokens\":2}", "{} {}",
        "{\"stream_options\":{\"include_usage\":true,\"include_usage\":false}}"})
    void whatHasNoReadingOrTwoIsRefusedWithAReason(String body) {
        byte[] bytes = body.getBytes(UTF_8);
        var reading = OPENAI.readRequest(head(), bytes, bytes.length);
        assertThat(reading).isInstanceOf(RequestReading.Unreadable.class);
        assertThat(((RequestReading.Unreadable) reading).why()).hasSizeGreaterThan(20).doesNotContain("\"x\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    {"messages":[{"role":"user","content":"hi"}]}                                                                 |
                    {"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]}|
                    {"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]}         | an image is named by its URL
                    {"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]}                             | a message names or holds a file whose text Weir does not read
                    {"messages":[],"web_search_options":{}}                                                                       | "web_search_options" lets the provider add input of its own
                    {"messages":[],"tools":[{"type":"function","function":{"name":"f"}}]}                                         |
                    {"messages":[],"tools":[{"type":"web_search"}]}                                                               | a tool of the provider's own adds input
                    {"n":"5"}                                                                                                     | "n" is not a whole number of 1 or more
                    {"n":null}                                                                                                    |
                    """)
    void inputThatIsNotInTheBodyIsNamed(String body, @Nullable String unseen) {
        assertThat(facts(OPENAI, body).prompt().unseen()).isEqualTo(unseen);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    {"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","data":"hi"}}]}]}   |
                    {"messages":[{"role":"user","content":[{"source":{"type":"base64","data":"AA"},"type":"image"}]}]}    |
                    {"messages":[{"role":"user","content":[{"source":{"type":"base64","data":"AA"},"type":"document"}]}]} | a message holds a document whose text Weir does not read
                    {"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"u"}}]}]}         | a message names a file or a URL
                    {"tools":[{"name":"f","input_schema":{}},{"type":"bash_20250124","name":"bash"}]}                     |
                    {"tools":[{"type":"web_search_20250305","name":"web_search"}]}                                        | a tool of the provider's own adds input
                    {"mcp_servers":[]}                                                                                    |
                    {"mcp_servers":[{}]}                                                                                  | an MCP server named in the request adds input
                    {"context_management":{"edits":[{"type":"compact_20260112"}]}}                                        | context management may add a pass over the conversation
                    """)
    void inputThatIsNotInAnAnthropicBodyIsNamed(String body, @Nullable String unseen) {
        assertThat(facts(ANTHROPIC, body).prompt().unseen()).isEqualTo(unseen);
    }

    @Test
    void anthropicsLimitStaysAboveItsThinkingBudget() {
        RequestFacts facts = facts(ANTHROPIC,
                "{\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048},"
                        + "\"metadata\":{\"user_id\":\"u2\"}}");
        assertThat(facts.outputLimitMin()).isEqualTo(2049);
        assertThat(facts.user()).isEqualTo("u2");
        assertThat(edit(ANTHROPIC, "{\"max_tokens\":9000}", OptionalLong.of(2049), true))
                .isEqualTo("{\"max_tokens\":2049}");
    }

    @ParameterizedTest
    @CsvSource({"openai,POST,/v1/chat/completions,openai.chat",
        "gemini,POST,/v1beta/openai/chat/completions,openai.chat",
        "deepseek,POST,/anthropic/v1/messages,anthropic.messages",
        "anthropic,POST,/v1/messages/count_tokens,passthrough",
        "openai,GET,/v1/models,passthrough", "openai,GET,/v1/chat/completions,passthrough",
        "vertex,POST,/v1/projects/p/locations/l/publishers/anthropic/models/claude-x:rawPredict,anthropic.messages",
        "vertex,POST,/v1/projects/p/locations/l/publishers/meta/models/llama:rawPredict,passthrough"})
    void providerAndPathDecide(String provider, String method, String path, String dialect) {
        assertThat(Dialects.of(provider, method, path).id()).isEqualTo(dialect);
    }

    @Test
    void aPathMayNameTheModel() {
        byte[] body = "{\"messages\":[]}".getBytes(UTF_8);
        var head = new RequestHead("POST", "/v1/projects/p/publishers/anthropic/models/claude-x@1:rawPredict", "vertex",
                null);
        var reading = ANTHROPIC.readRequest(head, body, body.length);
        assertThat(((RequestReading.Facts) reading).facts().model()).isEqualTo(new ModelId("claude-x@1"));
    }

    @Test
    void refusalsAreEscapedAndCarryTheStableCode() {
        var refusal = new RefusalShape(429, "cap_exceeded", "a \"cap\"\nof \u0001 1,000", "r1");
        assertThat(new String(OPENAI.refusal(refusal).bytes(), UTF_8))
                .isEqualTo("{\"error\":{\"message\":\"a \\\"cap\\\"\\nof "
                        + "\\u0001 1,000\",\"type\":\"insufficient_quota\",\"param\":null,\"code\":\"cap_exceeded\"}}");
        assertThat(new String(ANTHROPIC.refusal(refusal).bytes(), UTF_8))
                .isEqualTo("{\"type\":\"error\",\"error\":{\"type\":"
                        + "\"rate_limit_error\",\"message\":\"a \\\"cap\\\"\\nof \\u0001 1,000\",\"code\":\"cap_exceeded\"},"
                        + "\"request_id\":\"r1\"}");
    }

    private static RequestHead head() {
        return new RequestHead("POST", "/v1/chat/completions", "openai", "application/json");
    }

    private static RequestFacts facts(Dialect dialect, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        var reading = dialect.readRequest(head(), bytes, bytes.length);
        assertThat(reading).isInstanceOf(RequestReading.Facts.class);
        return ((RequestReading.Facts) reading).facts();
    }

    private static String edit(Dialect dialect, String body, OptionalLong limit, boolean askUsage) {
        byte[] bytes = body.getBytes(UTF_8);
        return new String(dialect.edit(facts(dialect, body), bytes, bytes.length, limit, askUsage, null), UTF_8);
    }
}
