package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is read out of a Bedrock request, path and body, and what an edit of it looks like.
class BedrockRequestTest {
    private static final String CONVERSE = "/model/amazon.nova-lite-v1%3A0/converse";

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    /model/amazon.nova-lite-v1%3A0/converse                                                                 | amazon.nova-lite-v1:0
                    /model/amazon.nova-lite-v1:0/invoke                                                                     | amazon.nova-lite-v1:0
                    /model/global.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream                               | global.anthropic.claude-sonnet-4-5-20250929-v1:0
                    /model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.amazon.nova-pro-v1%3A0/converse     | us.amazon.nova-pro-v1:0
                    /model/arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-tg1-large/invoke                        | amazon.titan-tg1-large
                    /model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2F1arbu5hu2sjr/converse      | arn:aws:bedrock:us-east-1:1:application-inference-profile/1arbu5hu2sjr
                    /proxy/model/amazon.nova-lite-v1:0/invoke-with-response-stream                                          | amazon.nova-lite-v1:0
                    /model/100%25/invoke                                                                                    | 100%
                    """)
    void theModelStandsInThePath(String path, String model) {
        assertThat(facts(path, "{}").model()).hasToString(model);
        assertThat(facts(path, "{}").streaming()).isEqualTo(path.endsWith("stream"));
    }

    @Test
    void theBodySaysNeitherModelNorStream() {
        for (String model : new String[]{"openai.gpt-oss-20b-1%3A0", "anthropic.claude-sonnet-4-6"}) {
            RequestFacts facts = facts("/model/" + model + "/invoke", "{\"model\":\"cheap\",\"stream\":true}");
            assertThat(facts.model()).hasToString(model.replace("%3A", ":"));
            assertThat(facts.streaming()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                       | {"inferenceConfig":{"maxTokens":7}}
            {"inferenceConfig":null}                 | {"inferenceConfig":{"maxTokens":7}}
            {"inferenceConfig":{ }}                  | {"inferenceConfig":{"maxTokens":7 }}
            {"inferenceConfig":{"topP":1}}           | {"inferenceConfig":{"maxTokens":7,"topP":1}}
            {"inferenceConfig":{"maxTokens": 4096 }} | {"inferenceConfig":{"maxTokens": 7 }}
            {"inferenceConfig":{"maxTokens":6}}      | {"inferenceConfig":{"maxTokens":6}}
            """)
    void converseIsLimitedWhereItsLimitBelongs(String body, String edited) {
        assertThat(edit(CONVERSE, body, null)).isEqualTo(edited);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    anthropic.claude-sonnet-4-6         | {"max_tokens":9}                              | {"max_tokens":7}
                    eu.anthropic.claude-v2              | {"prompt":"","max_tokens_to_sample":50}       | {"prompt":"","max_tokens_to_sample":7}
                    us.amazon.nova-lite-v1:0            | {"a":1}                                       | {"inferenceConfig":{"maxTokens":7},"a":1}
                    amazon.nova-lite-v1:0               | {"inferenceConfig":{"max_new_tokens":10}}     | {"inferenceConfig":{"max_new_tokens":7}}
                    amazon.titan-text-lite-v1           | {"inputText":"a"}                             | {"textGenerationConfig":{"maxTokenCount":7},"inputText":"a"}
                    amazon.titan-text-lite-v1           | {"textGenerationConfig":{"maxTokenCount":8}}  | {"textGenerationConfig":{"maxTokenCount":7}}
                    meta.llama3-8b-instruct-v1:0        | {"prompt":"a"}                                | {"max_gen_len":7,"prompt":"a"}
                    us.meta.llama3-3-70b-instruct-v1:0  | {"max_gen_len":512}                           | {"max_gen_len":7}
                    ai21.j2-mid-v1                      | {"prompt":"a"}                                | {"maxTokens":7,"prompt":"a"}
                    ai21.jamba-1-5-mini-v1:0            | {}                                            | {"max_tokens":7}
                    cohere.command-r-v1:0               | {"max_tokens":400}                            | {"max_tokens":7}
                    openai.gpt-oss-120b-1:0             | {"max_completion_tokens":400}                 | {"max_completion_tokens":7}
                    mistral.mistral-7b-instruct-v0:2    | {}                                            | {"max_tokens":7}
                    amazon.titan-embed-text-v2:0        | {"inputText":"a"}                             | {"inputText":"a"}
                    cohere.embed-v4:0                   | {"texts":[]}                                  | {"texts":[]}
                    """)
    void eachFamilyIsLimitedByItsOwnField(String model, String body, String edited) {
        assertThat(edit("/model/" + model + "/invoke", body, null)).isEqualTo(edited);
    }

    @Test
    void theRouteNamesTheFieldWhereAnArnHidesTheFamily() {
        String path = "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fx/invoke";
        assertThat(edit(path, "{}", "max_gen_len")).isEqualTo("{\"max_gen_len\":7}");
        assertThat(edit(path, "{\"anthropic_version\":\"bedrock-2023-05-31\",\"max_tokens\":9}", null))
                .isEqualTo("{\"anthropic_version\":\"bedrock-2023-05-31\",\"max_tokens\":7}");
    }

    @Test
    void vectorsPutOutNoTokensAndSeveralGenerationsAreCountedTogether() {
        assertThat(facts("/model/us.cohere.embed-v4:0/invoke", "{\"texts\":[\"a\"],\"n\":3}").choices()).isZero();
        assertThat(facts("/model/cohere.command-text-v14/invoke", "{\"num_generations\":2}").choices()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"inferenceConfig\":{},\"inferenceConfig\":{}}", "{\"InferenceConfig\":{}}", "[]",
        "{\"inferenceConfig\":{\"maxTokens\":1,\"maxTokens\":2}}", "{"})
    void aBodyWithTwoReadingsIsRefused(String body) {
        assertThat(read(CONVERSE, body)).isInstanceOf(RequestReading.Unreadable.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"messages\":[{\"content\":[{\"image\":{\"source\":{\"s3Location\":{\"uri\":\"s3://a\"}}}}]}]}",
        "{\"messages\":[{\"content\":[{\"document\":{\"format\":\"pdf\",\"source\":{\"bytes\":\"AA==\"}}}]}]}",
        "{\"messages\":[{\"content\":[{\"document\":{\"source\":{\"bytes\":\"AA==\"},\"format\":\"docx\"}}]}]}",
        "{\"messages\":[{\"content\":[{\"video\":{\"source\":{\"bytes\":\"AA==\"}}}]}]}",
        "{\"messages\":[{\"content\":[{\"toolResult\":{\"content\":[{\"document\":{\"source\":{\"s3Location\":{}}}}]}}]}]}",
        "{\"toolConfig\":{\"tools\":[{\"systemTool\":{\"name\":\"nova_grounding\"}}]}}",
        "{\"additionalModelRequestFields\":{\"max_tokens\":9}}", "{\"promptVariables\":{\"a\":{\"text\":\"b\"}}}"})
    void whatCannotBeSeenOrBoundIsNamed(String body) {
        assertThat(facts(CONVERSE, body).prompt().unseen()).isNotNull();
    }

    @Test
    void aStoredPromptIsNotSeen() {
        String prompt = "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aprompt%2FABC/converse";
        assertThat(facts(prompt, "{}").prompt().unseen()).isNotNull();
        assertThat(facts(CONVERSE, "{}").prompt().unseen()).isNull();
    }

    @Test
    void textDocumentsAndImagesInTheBodyAreBounded() {
        RequestFacts facts = facts(CONVERSE, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"},"
                + "{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"AA==\"}}},"
                + "{\"document\":{\"format\":\"txt\",\"name\":\"n\",\"source\":{\"bytes\":\"AA==\"}}}]}]}");
        assertThat(facts.prompt().unseen()).isNull();
        assertThat(facts.prompt().onlyText()).isFalse();
        assertThat(facts.prompt().declaredTokens()).isGreaterThan(10_000);
        assertThat(facts.prompt().messages()).isEqualTo(1);
    }

    @Test
    void theThinkingBudgetIsTheLeastLimit() {
        for (String field : new String[]{"thinking", "reasoning_config"}) {
            assertThat(facts(CONVERSE, "{\"additionalModelRequestFields\":{\"" + field
                    + "\":{\"type\":\"enabled\",\"budget_tokens\":1024}}}").outputLimitMin()).isEqualTo(1025);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /model/a/count-tokens           | {"message":
            /model/a/converse               | {"message":
            /v1/chat/completions            | {"error":
            /v1/models                      | {"error":
            /openai/v1/responses            | {"error":
            /anthropic/v1/messages          | {"type":"error"
            """)
    void refusalsAreWordedAsTheHostsApiDoes(String path, String begins) {
        RefusalBody body = Dialects.of("bedrock", "POST", path)
                .refusal(new RefusalShape(429, "cap_exceeded", "m", "i"));
        assertThat(new String(body.bytes(), UTF_8)).startsWith(begins);
    }

    @Test
    void aBlockIsAnExceptionThatNoSdkOfAwsTriesAgain() {
        RefusalBody body = Dialects.of("bedrock", "POST", CONVERSE)
                .refusal(new RefusalShape(429, "cap_exceeded", "m", "i"));
        assertThat(body.status()).isEqualTo(400);
        assertThat(body.headers()).containsEntry("x-amzn-errortype", "ServiceQuotaExceededException");
        assertThat(Dialects.of("bedrock", "POST", "/model/a/count-tokens").freeOfTokens()).isTrue();
    }

    private static String edit(String path, String body, @Nullable String field) {
        byte[] bytes = body.getBytes(UTF_8);
        return new String(Dialects.of("bedrock", "POST", path)
                .edit(facts(path, body), bytes, bytes.length, OptionalLong.of(7), false, field), UTF_8);
    }

    private static RequestFacts facts(String path, String body) {
        return ((RequestReading.Facts) read(path, body)).facts();
    }

    private static RequestReading read(String path, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        return Dialects.of("bedrock", "POST", path)
                .readRequest(new RequestHead("POST", path, "bedrock", "application/json"), bytes, bytes.length);
    }
}
