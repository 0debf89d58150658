package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whose usage it is that an answer tells: this call's, a call's that is still to be told, or one's that was made before.
class LookUpTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Tokenizers TOKENIZERS = new Tokenizers();
    private static final String USAGE = "{\"input_tokens\":9,\"output_tokens\":20,\"total_tokens\":29}";

    @ParameterizedTest(name = "{0} {1}: {2}, looks up: {3}")
    @CsvSource({
        "POST,   /v1/responses,                             openai.responses,  false",
        "POST,   /backend-api/codex/responses,              openai.responses,  false",
        "POST,   /openai/v1/responses,                      openai.responses,  false",
        "POST,   /v1/responses/compact,                     openai.responses,  false",
        "POST,   /v1/responses/resp_1/cancel,               openai.responses,  true",
        "GET,    /v1/responses/resp_1,                      openai.responses,  true",
        "GET,    /v1/responses/resp_1/input_items,          passthrough,       false",
        "DELETE, /v1/responses/resp_1,                      passthrough,       false",
        "POST,   /v1/responses/input_tokens,                passthrough,       false",
        "POST,   /v1/threads/runs,                          openai.assistants, false",
        "POST,   /v1/threads/t_1/runs,                      openai.assistants, false",
        "POST,   /v1/threads/t_1/runs/r_1,                  openai.assistants, true",
        "POST,   /v1/threads/t_1/runs/r_1/cancel,           openai.assistants, true",
        "POST,   /v1/threads/t_1/runs/r_1/submit_tool_outputs, openai.assistants, true",
        "GET,    /openai/threads/t_1/runs/r_1,              openai.assistants, true",
        "GET,    /v1/threads/t_1/runs,                      passthrough,       false",
        "POST,   /v1/threads/t_1/messages,                  passthrough,       false",
        "POST,   /v1/evals/e_1/runs,                        passthrough,       false",
    })
    void aPathSaysWhoseUsageItIs(String method, String path, String id, boolean looksUp) {
        Dialect dialect = Dialects.of("openai", method, path);
        assertThat(dialect.id()).isEqualTo(id);
        assertThat(dialect.looksUp()).isEqualTo(looksUp);
    }

    @Test
    void everyRecordedLookUpTellsTheUsageOfTheObjectItNames() throws IOException {
        int told = 0;
        for (JsonNode record : recorded()) {
            Dialect dialect = dialect(record);
            UsageReading reading = read(dialect, record);
            if (!dialect.looksUp() || record.path("response").path("status").asInt() >= 400) {
                continue;
            }
            if (record.path("usage").isNull()) {
                assertThat(reading).as(name(record)).isEqualTo(new UsageReading.Reported(Quantities.NONE));
            } else {
                told++;
                assertThat(reading).as(name(record)).isInstanceOfSatisfying(UsageReading.Earlier.class, earlier -> {
                    assertThat(record.path("endpoint").asText()).endsWith("/" + earlier.objectId());
                    checkMeters(record, earlier.quantities());
                });
            }
        }
        assertThat(told).isGreaterThanOrEqualTo(10);
    }

    @Test
    void everyRecordedCreationWithoutUsageIsDeferredToTheObjectItNames() throws IOException {
        int deferred = 0;
        int reported = 0;
        for (JsonNode record : recorded()) {
            Dialect dialect = dialect(record);
            boolean creates = dialect.readsBody() && record.path("response").path("status").asInt() < 300;
            if (creates && !record.path("usage").isNull()) {
                reported++;
                assertThat(read(dialect, record)).as(name(record))
                        .isInstanceOfSatisfying(UsageReading.Reported.class,
                                whole -> checkMeters(record, whole.quantities()));
            } else if (creates && !record.path("streaming").asBoolean()) {
                deferred++;
                String id = JSON.readTree(record.path("response").path("body").asText()).path("id").asText();
                assertThat(read(dialect, record)).as(name(record)).isEqualTo(new UsageReading.Deferred(id));
            }
        }
        assertThat(deferred).isGreaterThanOrEqualTo(17);
        assertThat(reported).isGreaterThanOrEqualTo(1_200);
    }

    @ParameterizedTest(name = "{0} with usage {1}, background {2}: {3}")
    @CsvSource(value = {
        "queued      | null  | true  | Deferred",
        "in_progress | null  | true  | Deferred",
        "completed   | USAGE | true  | Reported",
        "incomplete  | USAGE | false | Reported",
        "failed      | USAGE | true  | Reported",
        "failed      | null  | true  | Missing",
    }, delimiter = '|')
    void aCreatedResponseIsDeferredWhileItRuns(String status, String usage, boolean background, String reading) {
        Dialect dialect = Dialects.of("openai", "POST", "/v1/responses");
        assertThat(read(dialect, response(status, usage, background), true).getClass().getSimpleName())
                .isEqualTo(reading);
    }

    /// The provider works on when nobody listens: the usage is told to whoever asks for the response later.
    @Test
    void aBackgroundStreamThatIsCutIsDeferredAndAnotherIsEstimated() {
        Dialect dialect = Dialects.of("openai", "POST", "/v1/responses");
        assertThat(read(dialect, stream(true), false)).isEqualTo(new UsageReading.Deferred("resp_1"));
        assertThat(read(dialect, stream(false), false)).isInstanceOfSatisfying(UsageReading.Estimated.class,
                estimated -> assertThat(estimated.quantities().amount(Meter.TOKENS_OUT)).isPositive());
    }

    /// A step's usage is inside that of its run, which goes on.
    @Test
    void aStepThatHasEndedIsNotTheRun() {
        String cut = "event: thread.run.in_progress\ndata: {\"id\":\"run_1\",\"object\":\"thread.run\",\"status\":"
                + "\"in_progress\",\"usage\":null}\n\nevent: thread.run.step.completed\ndata: {\"id\":\"step_1\","
                + "\"object\":\"thread.run.step\",\"status\":\"completed\",\"usage\":{\"prompt_tokens\":5,"
                + "\"completion_tokens\":6,\"total_tokens\":11}}\n\n";
        assertThat(read(Dialects.of("openai", "POST", "/v1/threads/t_1/runs"), cut, false))
                .isEqualTo(new UsageReading.Deferred("run_1"));
    }

    private static String stream(boolean background) {
        return "event: response.created\ndata: {\"type\":\"response.created\",\"response\":"
                + response("in_progress", "null", background) + "}\n\n"
                + "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"some"
                + " words\"}\n\n";
    }

    private static String response(String status, String usage, boolean background) {
        return "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"" + status + "\",\"background\":" + background
                + ",\"error\":null,\"model\":\"gpt-4o\",\"output\":[],\"usage\":" + usage.replace("USAGE", USAGE)
                + "}";
    }

    private static List<JsonNode> recorded() {
        List<JsonNode> records = new ArrayList<>(Corpus.records(
                record -> Set.of("openai.responses", "openai.assistants")
                        .contains(record.path("wire_format").asText())));
        assertThat(records).hasSizeGreaterThan(1_400);
        return records;
    }

    private static Dialect dialect(JsonNode record) {
        return Dialects.of(record.path("provider").asText(), record.path("request").path("method").asText(),
                record.path("endpoint").asText());
    }

    private static UsageReading read(Dialect dialect, JsonNode record) {
        return read(dialect, record.path("response").path("body").asText(), true);
    }

    private static UsageReading read(Dialect dialect, String answer, boolean complete) {
        byte[] body = answer.getBytes(StandardCharsets.UTF_8);
        try (var meter = new StreamMeter(dialect, 200, null, null, TOKENIZERS, null)) {
            meter.accept(body, 0, body.length);
            return meter.finish(complete);
        }
    }

    private static void checkMeters(JsonNode record, Quantities quantities) {
        JsonNode meters = record.path("meters");
        assertThat(quantities.amount(Meter.TOKENS_IN)).as(name(record)).isEqualTo(meters.path("tokens_in").asLong());
        assertThat(quantities.amount(Meter.TOKENS_OUT)).as(name(record)).isEqualTo(meters.path("tokens_out").asLong());
        assertThat(quantities.amount(Meter.CACHE_READ)).as(name(record)).isEqualTo(meters.path("cache_read").asLong());
        assertThat(quantities.amount(Meter.REASONING)).as(name(record)).isEqualTo(meters.path("reasoning").asLong());
    }

    private static String name(JsonNode record) {
        return record.path("id").asText() + " " + record.path("endpoint").asText();
    }
}
