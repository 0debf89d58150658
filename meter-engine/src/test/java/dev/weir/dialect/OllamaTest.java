package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.AnswerFacts.Usage;
import dev.weir.usage.Meter;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is peculiar to Ollama's own API; that recorded traffic is read to the token is `CorpusTest`'s.
class OllamaTest {
    private static final Dialect CHAT = Dialects.of("ollama", "POST", "/api/chat");
    private static final Dialect EMBED = Dialects.of("ollama", "POST", "/api/embed");

    @ParameterizedTest
    @CsvSource({"/api/chat,ollama.chat", "/api/generate,ollama.generate", "/api/embed,ollama.embed",
        "/api/embeddings,ollama.embed", "/v1/chat/completions,openai.chat", "/api/show,passthrough"})
    void thePathIsTheTask(String path, String dialect) {
        assertThat(Dialects.of("ollama", "POST", path).id()).isEqualTo(dialect);
    }

    @ParameterizedTest
    @CsvSource({"/api/show,true", "/api/pull,true", "/api/blobs/sha256:0,true", "/api/unheard-of,false"})
    void whatOnlyHandlesModelsIsFree(String path, boolean free) {
        assertThat(Dialects.of("ollama", "POST", path).freeOfTokens()).isEqualTo(free);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}               | true
            {"stream":null}  | true
            {"stream":true}  | true
            {"stream":false} | false
            """)
    void anAnswerIsAStreamUnlessTheClientSaysNo(String body, boolean streaming) {
        assertThat(facts(CHAT, body).streaming()).isEqualTo(streaming);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                      |   | {"options":{"num_predict":7}}
            {"a":1}                                 |   | {"options":{"num_predict":7},"a":1}
            {"options":{}}                          |   | {"options":{"num_predict":7}}
            {"options":{ "seed":1}}                 |   | {"options":{"num_predict":7, "seed":1}}
            {"options":{"num_predict":100}}         | 100 | {"options":{"num_predict":7}}
            {"options":{"num_predict":5}}           | 5 | {"options":{"num_predict":5}}
            {"options":{"num_predict":-1}}          |   | {"options":{"num_predict":7}}
            {"options":{"num_predict":-2}}          |   | {"options":{"num_predict":7}}
            {"options":{"num_predict":0}}           |   | {"options":{"num_predict":7}}
            {"options":{"num_predict":1e3}}         |   | {"options":{"num_predict":7}}
            """)
    void onlyANumberAboveZeroLimitsTheOutput(String body, @Nullable Long limit, String edited) {
        RequestFacts facts = facts(CHAT, body);
        assertThat(facts.outputLimit()).isEqualTo(limit == null ? OptionalLong.empty() : OptionalLong.of(limit));
        byte[] bytes = body.getBytes(UTF_8);
        assertThat(new String(CHAT.edit(facts, bytes, bytes.length, OptionalLong.of(7), false, null), UTF_8))
                .isEqualTo(edited);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    {"prompt":"hi","raw":true}                    |
                    {"template":""}                               |
                    {"template":"{{.Prompt}}{{.Prompt}}"}         | "template" may repeat the prompt
                    {"format":""}                                 |
                    {"format":null}                               |
                    {"format":"json","think":false}               |
                    {"think":false,"format":{"type":"object"}}    |
                    {"format":"json"}                             | "format" makes a model read its own thinking again, unless "think" is false
                    {"context":[1,2,3]}                           |
                    {"messages":[{"role":"user","images":["AA"]}]}|
                    """)
    void inputThatIsNotInTheBodyIsNamed(String body, @Nullable String unseen) {
        assertThat(facts(CHAT, body).prompt().unseen()).isEqualTo(unseen);
    }

    @Test
    void anImageIsDeclaredAtItsMostAndNothingIsCounted() {
        RequestFacts facts = facts(CHAT,
                "{\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"images\":[\"AA\",\"BB\"]}]}");
        assertThat(facts.prompt().declaredTokens()).isGreaterThan(2 * 16_000);
        assertThat(facts.prompt().onlyText()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"options":{"num_predict":1,"num_predict":9}}
            {"Stream":false}
            {"Options":{"num_predict":9}}
            {"model":"a","model":"b"}
            """)
    void whatGoWouldReadInTwoWaysIsRefused(String body) {
        byte[] bytes = body.getBytes(UTF_8);
        assertThat(CHAT.readRequest(head(), bytes, bytes.length)).isInstanceOf(RequestReading.Unreadable.class);
    }

    @Test
    void anEmbeddingPutsOutNoTokens() {
        assertThat(facts(EMBED, "{\"model\":\"m\",\"input\":[\"a\",\"b\"]}").choices()).isZero();
    }

    @Test
    void usageStandsInTheLineThatIsDone() {
        assertThat(read("{\"message\":{\"content\":\"a\"},\"done\":false}\n").usage()).isEqualTo(Usage.NONE);
        AnswerFacts facts = read("{\"message\":{\"content\":\"a\"},\"done\":false}\n"
                + "{\"done\":true,\"prompt_eval_count\":3,\"eval_count\":2}\n");
        assertThat(facts.usage()).isEqualTo(Usage.FINAL);
        assertThat(facts.quantities().amount(Meter.TOKENS_IN)).isEqualTo(3);
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(2);
    }

    @Test
    void anAbsentCountIsNoZero() {
        AnswerFacts noInput = read("{\"done\":true,\"eval_count\":2}");
        assertThat(noInput.usage()).isEqualTo(Usage.FINAL);
        assertThat(noInput.quantities().has(Meter.TOKENS_IN)).isFalse();
        AnswerFacts noOutput = read("{\"done\":true,\"prompt_eval_count\":3}");
        assertThat(noOutput.usage()).isEqualTo(Usage.EARLY);
        assertThat(noOutput.quantities().has(Meter.TOKENS_OUT)).isFalse();
    }

    @Test
    void loadingAModelUsesNoTokens() {
        AnswerFacts facts = read("{\"model\":\"m\",\"response\":\"\",\"done\":true,\"done_reason\":\"load\"}");
        assertThat(facts.usage()).isEqualTo(Usage.FINAL);
        assertThat(facts.quantities().has(Meter.TOKENS_OUT)).isTrue();
        assertThat(facts.quantities().amount(Meter.TOKENS_OUT)).isZero();
    }

    @Test
    void anErrorMayBeALineInsideAnAnswer() {
        AnswerFacts facts = read(
                "{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"error\":\"the prompt said x\"}\n");
        assertThat(facts.error()).isEqualTo("error");
        assertThat(facts.usage()).isEqualTo(Usage.NONE);
        assertThat(facts.contentSeen()).isTrue();
    }

    @Test
    void aRefusalIsOneSentence() {
        RefusalBody body = CHAT.refusal(new RefusalShape(429, "cap_exceeded", "no", "r"));
        assertThat(new String(body.bytes(), UTF_8)).startsWith("{\"error\":\"no\",");
        assertThat(body.status()).isEqualTo(429);
    }

    private static AnswerFacts read(String answer) {
        AnswerScanner scanner = CHAT.answer(OutputListener.NONE);
        byte[] bytes = answer.getBytes(UTF_8);
        scanner.accept(bytes, 0, bytes.length);
        scanner.end();
        return scanner.facts();
    }

    private static RequestHead head() {
        return new RequestHead("POST", "/api/chat", "ollama", "application/json");
    }

    private static RequestFacts facts(Dialect dialect, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        return ((RequestReading.Facts) dialect.readRequest(head(), bytes, bytes.length)).facts();
    }
}
