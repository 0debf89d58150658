package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is read out of requests to Google, and what an edit of them looks like, byte for byte.
class GeminiRequestTest {
    private static final String GENERATE = "/v1beta/models/gemini-2.5-flash:generateContent";

    @ParameterizedTest
    @CsvSource({"google,/v1beta/models/m:generateContent,gemini.generateContent",
        "google,/v1beta/models/m%3AstreamGenerateContent,gemini.streamGenerateContent",
        "google,/v1beta/tunedModels/m:generateContent,gemini.generateContent",
        "sandbox,/v1beta/models/m:generateContent,gemini.generateContent",
        "vertex,/v1/projects/p/locations/l/publishers/google/models/m:generateContent,gemini.generateContent",
        "vertex,/v1/publishers/google/models/m:streamGenerateContent,gemini.streamGenerateContent",
        "vertex,/v1/projects/p/locations/l/endpoints/7:generateContent,gemini.generateContent",
        "google,/v1beta/models/m:embedContent,gemini.embed", "google,/v1beta/models/m:batchEmbedContents,gemini.embed",
        "vertex,/v1/projects/p/locations/l/publishers/google/models/m:predict,gemini.predict",
        "google,/v1beta/interactions,gemini.interactions", "openai,/v1/interactions,passthrough",
        "google,/v1beta/openai/chat/completions,openai.chat", "google,/v1beta/models/m:countTokens,passthrough",
        "google,/v1beta/models/m:predictLongRunning,passthrough",
        "vertex,/v1/projects/p/locations/l/publishers/anthropic/models/c:streamRawPredict,anthropic.messages"})
    void providerAndPathDecide(String provider, String path, String dialect) {
        assertThat(Dialects.of(provider, "POST", path).id()).isEqualTo(dialect);
    }

    @ParameterizedTest
    @CsvSource({"/v1beta/models/m:countTokens,true", "/v1/publishers/google/models/m:computeTokens,true",
        "/v1/publishers/google/models/veo:fetchPredictOperation,true",
        "/v1beta/models/veo:predictLongRunning,false"})
    void countingIsFreeAndAFilmIsNot(String path, boolean free) {
        assertThat(Dialects.of("google", "POST", path).freeOfTokens()).isEqualTo(free);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    {"contents":[]}                              | {"generationConfig":{"maxOutputTokens":6},"contents":[]}
                    {}                                           | {"generationConfig":{"maxOutputTokens":6}}
                    {"generationConfig":{}}                      | {"generationConfig":{"maxOutputTokens":6}}
                    {"generationConfig": null }                  | {"generationConfig": {"maxOutputTokens":6} }
                    {"generation_config":{ "topK":1}}            | {"generation_config":{"maxOutputTokens":6, "topK":1}}
                    {"generationConfig":{"maxOutputTokens":100}} | {"generationConfig":{"maxOutputTokens":6}}
                    {"generation_config":{"max_output_tokens":9}}| {"generation_config":{"max_output_tokens":6}}
                    {"generationConfig":{"maxOutputTokens":3}}   | {"generationConfig":{"maxOutputTokens":3}}
                    {"generationConfig":{"maxOutputTokens":null}}| {"generationConfig":{"maxOutputTokens":6}}
                    """)
    void theLimitIsLoweredOrAddedSoThatNoMoreThanSevenTokensComeOut(String body, String edited) {
        byte[] bytes = body.getBytes(UTF_8);
        Dialect dialect = Dialects.of("google", "POST", GENERATE);
        assertThat(new String(dialect.edit(facts(GENERATE, body), bytes, bytes.length, OptionalLong.of(7), false,
                "max_tokens"), UTF_8)).isEqualTo(edited);
    }

    @Test
    void aLimitAllowsForTheOneTokenThatMayComeBeyondIt() {
        RequestFacts facts = facts(GENERATE, "{\"generationConfig\":{\"maxOutputTokens\":100,\"candidateCount\":3}}");
        assertThat(facts.outputLimit()).hasValue(101);
        assertThat(facts.outputLimitMin()).isEqualTo(2);
        assertThat(facts.choices()).isEqualTo(3);
        assertThat(facts.model()).isEqualTo(new ModelId("gemini-2.5-flash"));
    }

    @ParameterizedTest
    @CsvSource({"/v1beta/models/m%3AgenerateContent,m", "/v1beta/tunedModels/mine-7:generateContent,mine-7",
        "/v1/projects/p/locations/l/endpoints/7:generateContent,7"})
    void thePathNamesTheModel(String path, String model) {
        assertThat(facts(path, "{}").model()).isEqualTo(new ModelId(model));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{\"generationConfig\":{},\"generation_config\":{\"maxOutputTokens\":9}}",
        "{\"generationConfig\":{\"maxOutputTokens\":1,\"max_output_tokens\":9}}",
        "{\"contents\":[],\"contents\":[]}", "{\"GenerationConfig\":{}}",
        "{\"cachedContent\":\"a\",\"cached_content\":\"b\"}"})
    void whatHasNoReadingOrTwoIsRefused(String body) {
        byte[] bytes = body.getBytes(UTF_8);
        assertThat(Dialects.of("google", "POST", GENERATE).readRequest(head(GENERATE), bytes, bytes.length))
                .isInstanceOf(RequestReading.Unreadable.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    {"contents":[{"parts":[{"text":"hi"}]}]}                                                                |
                    {"contents":{"parts":{"text":"hi"}},"systemInstruction":{"parts":{"text":"be brief"}}}                  |
                    {"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA"}}]}]}                          |
                    {"contents":[{"parts":[{"inline_data":{"data":"AA","mime_type":"audio/mp3"}}]}]}                        |
                    {"contents":[{"parts":[{"inlineData":{"mimeType":"text/csv","data":"AA"}}]}]}                           |
                    {"contents":[{"parts":[{"inlineData":{"mimeType":"video/mp4","data":"AA"}}]}]}                          | a part holds a document or a video whose length Weir does not read
                    {"contents":[{"parts":[{"inlineData":{"mimeType":"application/pdf","data":"AA"}}]}]}                    | a part holds a document or a video whose length Weir does not read
                    {"contents":[{"parts":[{"inlineData":{"data":"AA"}}]}]}                                                 | a part holds a document or a video whose length Weir does not read
                    {"contents":[{"parts":[{"fileData":{"fileUri":"https://youtu.be/x"}}]}]}                                | a part names a file or a URL
                    {"contents":[{"parts":[{"file_data":{"file_uri":"gs://b/x"}}]}]}                                        | a part names a file or a URL
                    {"contents":[{"parts":[{"functionResponse":{"name":"f","parts":[{"fileData":{"fileUri":"gs://b"}}]}}]}]}| a part names a file or a URL
                    {"cachedContent":"cachedContents/7"}                                                                    | "cachedContent" names input that the provider keeps
                    {"cachedContent":""}                                                                                    |
                    {"tools":[{"functionDeclarations":[{"name":"f"}]}]}                                                     |
                    {"tools":[{"googleSearch":{}}]}                                                                         | a tool of the provider's own adds input
                    {"tools":{"url_context":{}}}                                                                            | a tool of the provider's own adds input
                    {"tools":[{"codeExecution":{}}]}                                                                        | a tool of the provider's own adds input
                    {"tools":[{"codeExecution":null}]}                                                                      |
                    {"generationConfig":{"candidateCount":"5"}}                                                             | "candidateCount" is not a whole number of 1 or more
                    """)
    void inputThatIsNotInTheBodyIsNamed(String body, @Nullable String unseen) {
        assertThat(facts(GENERATE, body).prompt().unseen()).isEqualTo(unseen);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    {"input":"hi","model":"m"}                                                      |
                    {"input":[{"type":"text","text":"a"},{"type":"image","data":"AA","mime_type":"image/png"}]} |
                    {"input":[{"type":"user_input","content":[{"type":"image","uri":"https://x"}]}]}| a part names a file or a URL
                    {"input":{"type":"document","data":"AA","mime_type":"application/pdf"}}         | a part holds a document or a video whose length Weir does not read
                    {"previous_interaction_id":"v1_x","input":"hi"}                                 | an earlier interaction is named by its id
                    {"agent":"deep-research","input":"hi"}                                          | an agent adds input of its own
                    {"tools":[{"type":"function","name":"f"}],"input":"hi"}                         |
                    {"tools":[{"type":"google_search"}],"input":"hi"}                               | a tool of the provider's own adds input
                    """)
    void inputThatIsNotInAnInteractionIsNamed(String body, @Nullable String unseen) {
        assertThat(facts("/v1beta/interactions", body).prompt().unseen()).isEqualTo(unseen);
    }

    @Test
    void anInteractionNamesItsModelInTheBodyAndItsLimitInItsConfig() {
        String body = "{\"model\":\"gemini-3-flash-preview\",\"stream\":true,\"input\":\"hi\"}";
        RequestFacts facts = facts("/v1beta/interactions", body);
        assertThat(facts.model()).isEqualTo(new ModelId("gemini-3-flash-preview"));
        assertThat(facts.streaming()).isTrue();
        byte[] bytes = body.getBytes(UTF_8);
        assertThat(new String(new GeminiInteractions().edit(facts, bytes, bytes.length, OptionalLong.of(9), false,
                null), UTF_8)).isEqualTo("{\"generation_config\":{\"max_output_tokens\":8}," + body.substring(1));
    }

    @Test
    void anImageIsDeclaredAndASchemaOnceMoreForEachReference() {
        assertThat(facts(GENERATE, "{\"contents\":[{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\","
                + "\"data\":\"AA\"}}]}]}").prompt().declaredTokens()).isEqualTo(6_192);
        String tool = "{\"parameters\":{\"$ref\":\"#/a\",\"b\":{\"$ref\":\"#/a\"}}}";
        PromptText prompt = facts(GENERATE, "{\"tools\":[{\"functionDeclarations\":[" + tool + "]}]}").prompt();
        assertThat(prompt.declaredTokens()).isEqualTo(2L * tool.length());
        assertThat(prompt.onlyText()).isFalse();
    }

    @Test
    void whatTheAnswerMayHoldBesideTextIsBounded() {
        RequestFacts image = facts("/v1beta/models/gemini-2.5-flash-image:generateContent", "{\"contents\":[]}");
        assertThat(image.others().amount(Meter.IMAGES_GENERATED)).isEqualTo(10);
        RequestFacts both = facts(GENERATE, "{\"generation_config\":{\"response_modalities\":[\"IMAGE\",\"AUDIO\"],"
                + "\"candidate_count\":2},\"tools\":[{\"google_search\":{}}]}");
        assertThat(both.others().amount(Meter.IMAGES_GENERATED)).isEqualTo(20);
        assertThat(both.others().amount(Meter.SEARCHES)).isEqualTo(32);
        assertThat(both.audio()).isTrue();
        assertThat(facts(GENERATE, "{\"contents\":[]}").others().isEmpty()).isTrue();
        assertThat(facts("/v1/publishers/google/models/imagen-4.0-generate-001:predict",
                "{\"instances\":[{\"prompt\":\"a\"}],\"parameters\":{\"sampleCount\":2}}").others()
                .amount(Meter.IMAGES_GENERATED)).isEqualTo(2);
        assertThat(facts("/v1/publishers/google/models/imagen-4.0-generate-001:predict",
                "{\"instances\":[{\"prompt\":\"a\"}]}").others().amount(Meter.IMAGES_GENERATED)).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1beta/models/gemini-embedding-001:embedContent",
        "/v1beta/models/gemini-embedding-001:batchEmbedContents",
        "/v1/publishers/google/models/text-embedding-005:predict"})
    void nothingComesOutOfEmbeddings(String path) {
        assertThat(facts(path, "{}").choices()).isZero();
    }

    /// What the official SDKs read of an error body: python-genai `errors.py` (`error.code`, `.status`, `.message`),
    /// js-genai `ApiError` (the body as it is), java-genai `ApiException` and go-genai `APIError` (the same three).
    @ParameterizedTest
    @CsvSource({"400,INVALID_ARGUMENT", "401,UNAUTHENTICATED", "403,PERMISSION_DENIED", "404,NOT_FOUND",
        "413,INVALID_ARGUMENT", "429,RESOURCE_EXHAUSTED", "500,INTERNAL", "502,UNAVAILABLE", "503,UNAVAILABLE",
        "504,DEADLINE_EXCEEDED"})
    void aRefusalIsAStatusOfGooglesWithWeirsCodeInItsDetails(int status, String name) {
        RefusalBody body = Dialects.of("google", "POST", GENERATE)
                .refusal(new RefusalShape(status, "cap_exceeded", "a \"cap\"", "r1"));
        assertThat(body.status()).isEqualTo(status);
        assertThat(body.contentType()).isEqualTo("application/json");
        assertThat(new String(body.bytes(), UTF_8)).isEqualTo("{\"error\":{\"code\":" + status
                + ",\"message\":\"a \\\"cap\\\"\",\"status\":\"" + name + "\",\"details\":[{\"@type\":"
                + "\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"CAP_EXCEEDED\",\"domain\":\"weir\","
                + "\"metadata\":{\"code\":\"cap_exceeded\"}}]}}");
    }

    private static RequestHead head(String path) {
        return new RequestHead("POST", path, "google", "application/json");
    }

    private static RequestFacts facts(String path, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        var reading = Dialects.of("google", "POST", path).readRequest(head(path), bytes, bytes.length);
        assertThat(reading).isInstanceOf(RequestReading.Facts.class);
        return ((RequestReading.Facts) reading).facts();
    }
}
