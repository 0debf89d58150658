package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a batch used is told later: by the object that stands for it, or by the file of its answers.
class BatchesTest {
    private static final Tokenizers TOKENIZERS = new Tokenizers();
    private static final Dialect FILE = Dialects.of("openai", "GET", "/v1/files/file-1/content");
    private static final Dialect RESULTS = Dialects.of("anthropic", "GET", "/v1/messages/batches/msgbatch_1/results");
    /// One line of each endpoint, and one that failed; the words in `content` are no usage.
    private static final String OUTPUT = """
            {"id":"batch_req_1","custom_id":"a","response":{"status_code":200,"request_id":"r","body":{"id":"chatcmpl-1",\
            "object":"chat.completion","model":"gpt-4o-mini-2024-07-18","choices":[{"message":{"content":\
            "{\\"usage\\":{\\"prompt_tokens\\":7000}}\\n","tool_calls":[{"id":"c","function":{"name":"f"}}]}}],\
            "usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25,"prompt_tokens_details":\
            {"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}},"error":null}
            {"id":"batch_req_2","custom_id":"b","response":{"status_code":200,"body":{"object":"response","model":"gpt-5",\
            "output":[{"type":"web_search_call"},{"type":"message"}],"usage":{"input_tokens":100,\
            "input_tokens_details":{"cached_tokens":0},"output_tokens":50,"output_tokens_details":\
            {"reasoning_tokens":30},"total_tokens":150}}},"error":null}
            {"id":"batch_req_3","custom_id":"c","response":{"status_code":200,"body":{"object":"list","model":\
            "gpt-4o-mini-2024-07-18","usage":{"prompt_tokens":3,"total_tokens":3}}},"error":null}
            {"id":"batch_req_4","custom_id":"d","response":{"status_code":400,"body":{"error":{"message":"no"}}},"error":null}
            {"id":"batch_req_5","custom_id":"e","response":null,"error":{"code":"batch_expired","message":"too late"}}
            """;
    private static final String MESSAGES = """
            {"custom_id":"0","result":{"type":"succeeded","message":{"model":"claude-haiku-4-5-20251001","id":"msg_1",\
            "type":"message","content":[{"type":"text","text":"6"}],"stop_reason":"end_turn","usage":{"input_tokens":20,\
            "cache_creation_input_tokens":300,"cache_read_input_tokens":40,"cache_creation":\
            {"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"output_tokens":5,\
            "server_tool_use":{"web_search_requests":2},"service_tier":"batch"}}}}
            {"custom_id":"1","result":{"type":"errored","error":{"type":"error","error":{"type":"invalid_request_error"}}}}
            {"custom_id":"2","result":{"type":"expired"}}
            {"custom_id":"3","result":{"type":"succeeded","message":{"model":"claude-haiku-4-5-20251001","id":"msg_2",\
            "type":"message","content":[{"type":"tool_use","name":"f"}],"stop_reason":"tool_use","usage":\
            {"input_tokens":1,"output_tokens":2}}}}
            """;

    @ParameterizedTest(name = "{0}: {1} {2}: {3}, looks up: {4}")
    @CsvSource({
        "openai,    POST,   /v1/batches,                             openai.batches,    false",
        "openai,    GET,    /v1/batches/batch_1,                     openai.batches,    true",
        "openai,    POST,   /v1/batches/batch_1/cancel,              openai.batches,    true",
        "openai,    GET,    /v1/files/file-1/content,                openai.batches,    true",
        "openai,    GET,    /v1/batches,                             passthrough,       false",
        "openai,    GET,    /v1/files/file-1,                        passthrough,       false",
        "azure,     POST,   /openai/batches,                         openai.batches,    false",
        "azure,     GET,    /openai/v1/batches/batch_1,              openai.batches,    true",
        "azure,     GET,    /openai/files/file-1/content,            openai.batches,    true",
        "groq,      GET,    /openai/v1/batches/batch_1,              openai.batches,    true",
        "xai,       POST,   /v1/batches,                             passthrough,       false",
        "mistral,   POST,   /v1/batch/jobs,                          passthrough,       false",
        "anthropic, POST,   /v1/messages/batches,                    anthropic.batches, false",
        "anthropic, GET,    /v1/messages/batches/msgbatch_1,         anthropic.batches, true",
        "anthropic, POST,   /v1/messages/batches/msgbatch_1/cancel,  anthropic.batches, true",
        "anthropic, GET,    /v1/messages/batches/msgbatch_1/results, anthropic.batches, true",
        "anthropic, DELETE, /v1/messages/batches/msgbatch_1,         passthrough,       false",
        "azure,     POST,   /anthropic/v1/messages/batches,          anthropic.batches, false",
        "google,    POST,   /v1beta/models/m:batchGenerateContent,   gemini.batches,    false",
        "google,    GET,    /v1beta/batches/b1,                      gemini.batches,    true",
        "google,    GET,    /download/v1beta/files/f1:download,      gemini.batches,    true",
        "vertex,    GET,    /v1/projects/p/locations/l/batches/b1,   passthrough,       false",
    })
    void aPathSaysWhoseUsageItIs(String provider, String method, String path, String id, boolean looksUp) {
        Dialect dialect = Dialects.of(provider, method, path);
        assertThat(dialect.id()).isEqualTo(id);
        assertThat(dialect.looksUp()).isEqualTo(looksUp);
    }

    @ParameterizedTest
    @CsvSource({"openai, /v1/files, true", "openai, /v1/uploads/u/parts, true", "google, /upload/v1beta/files, true",
        "google, /v1beta/batches/b1:cancel, true", "xai, /v1/batches, false", "mistral, /v1/batch/jobs, false",
        "openai, /v1/batches, false", "anthropic, /v1/messages/batches, false"})
    void filesCostNothingAndBatchesCommitToSpend(String provider, String path, boolean free) {
        assertThat(Dialects.of(provider, "POST", path).freeOfTokens()).isEqualTo(free);
    }

    @Test
    void everyRecordedBatchIsDeferredThenNotToldThenTold() throws IOException {
        int told = 0;
        int pending = 0;
        int waiting = 0;
        for (JsonNode record : recorded()) {
            Dialect dialect = Dialects.of(record.path("provider").asText(),
                    record.path("request").path("method").asText(), record.path("endpoint").asText());
            String body = record.path("response").path("body").asText();
            int status = record.path("response").path("status").asInt();
            UsageReading reading = read(dialect, status, null, bytes(body), true);
            String name = record.path("id").asText() + " " + record.path("endpoint").asText();
            if (!dialect.looksUp()) {
                if (dialect.id().endsWith(".batches")) {
                    pending++;
                    assertThat(reading).as(name)
                            .isInstanceOfSatisfying(UsageReading.Deferred.class,
                                    later -> assertThat(body).contains("\"" + later.objectId() + "\""));
                }
            } else if (reading instanceof UsageReading.Earlier earlier) {
                told++;
                assertThat(record.path("endpoint").asText()).contains("/" + earlier.objectId());
                JsonNode usage = record.path("usage");
                if (!usage.isNull()) {
                    assertThat(earlier.quantities()).as(name)
                            .isEqualTo(Quantities.builder()
                                    .reported(Meter.TOKENS_IN, usage.path("input_tokens").asLong())
                                    .reported(Meter.TOKENS_OUT, usage.path("output_tokens").asLong())
                                    .reported(Meter.CACHE_READ,
                                            usage.path("input_tokens_details").path("cached_tokens").asLong())
                                    .reported(Meter.REASONING,
                                            usage.path("output_tokens_details").path("reasoning_tokens").asLong())
                                    .build());
                }
            } else {
                waiting++;
                assertThat(reading).as(name).isEqualTo(new UsageReading.Reported(Quantities.NONE));
                assertThat(record.path("usage").path("total_tokens").asLong()).as(name).isZero();
            }
        }
        assertThat(List.of(told, pending, waiting)).containsExactly(5, 13, 29);
    }

    @ParameterizedTest(name = "{0}, {1} in, {2} answered, file {3}: {4}")
    @CsvSource({
        "validating,  0,  0, null,   waits",
        "in_progress, 13, 1, null,   waits",
        "finalizing,  0,  1, null,   waits",
        "cancelling,  13, 1, null,   waits",
        "something,   13, 1, file-1, waits",
        "completed,   13, 1, file-1, told",
        "expired,     13, 1, file-1, told",
        "cancelled,   13, 1, file-1, told",
        "failed,      0,  0, null,   told",
        "cancelled,   0,  0, null,   told",
        "completed,   0,  1, file-1, elsewhere",
        "completed,   0,  1, null,   waits",
        "completed,   -1, 1, file-1, elsewhere",
        "failed,      -1, 0, null,   told",
        "completed,   -1, 0, null,   told",
    })
    void theStatusSaysWhetherUsageIsTheLastWord(String status, long input, long answered, String file, String what) {
        String usage = input < 0
                ? ""
                : ",\"usage\":{\"input_tokens\":" + input + ",\"output_tokens\":" + 2 * input + "}";
        String body = "{\"id\":\"batch_1\",\"object\":\"batch\",\"status\":\"" + status + "\",\"output_file_id\":"
                + (file.equals("null") ? file : "\"" + file + "\"")
                + ",\"error_file_id\":\"file-e\",\"request_counts\":"
                + "{\"total\":1,\"completed\":" + answered + ",\"failed\":0}" + usage + "}";
        UsageReading expected = switch (what) {
            case "told" -> new UsageReading.Earlier("batch_1", Quantities.builder()
                    .reported(Meter.TOKENS_IN, Math.max(0, input))
                    .reported(Meter.TOKENS_OUT, Math.max(0, 2 * input))
                    .build());
            case "elsewhere" -> new UsageReading.Elsewhere("batch_1", file);
            default -> new UsageReading.Reported(Quantities.NONE);
        };
        Dialect asked = Dialects.of("openai", "GET", "/v1/batches/batch_1");
        assertThat(read(asked, 200, null, bytes(body), true)).isEqualTo(expected);
        for (int cut = 0; cut < body.length(); cut++) {
            assertThat(read(asked, 200, null, bytes(body.substring(0, cut)), false)).as("cut at %d", cut)
                    .isEqualTo(new UsageReading.Reported(Quantities.NONE));
        }
    }

    @Test
    void aListOfBatchesOrAnotherObjectTellsNothing() {
        Dialect asked = Dialects.of("openai", "GET", "/v1/batches/batch_1");
        assertThat(read(asked, 200, null, bytes("{\"object\":\"file\",\"id\":\"batch_1\",\"status\":\"completed\"}"),
                true))
                .isEqualTo(new UsageReading.Reported(Quantities.NONE));
    }

    @Test
    void anOutputFileIsSummedModelByModel() {
        Quantities whole = Quantities.builder()
                .reported(Meter.TOKENS_IN, 123)
                .reported(Meter.TOKENS_OUT, 55)
                .reported(Meter.CACHE_READ, 4)
                .reported(Meter.REASONING, 32)
                .reported(Meter.SEARCHES, 1)
                .reported(Meter.TOOL_CALLS_REQUESTED, 1)
                .build();
        try (var meter = meter(FILE, 200, null)) {
            meter.accept(bytes(OUTPUT), 0, bytes(OUTPUT).length);
            AnswerFacts facts = meter.facts();
            assertThat(facts.serviceTier()).isEqualTo("batch");
            assertThat(facts.model()).hasToString("gpt-4o-mini-2024-07-18");
            assertThat(facts.requests()).isEqualTo(3);
            assertThat(facts.sides()).singleElement().satisfies(side -> {
                assertThat(side.model()).hasToString("gpt-5");
                assertThat(side.requests()).isEqualTo(1);
                assertThat(side.quantities().amount(Meter.TOKENS_IN)).isEqualTo(100);
            });
            assertThat(meter.finish(true)).isEqualTo(new UsageReading.Earlier("file-1", whole));
        }
    }

    @Test
    void resultsOfMessagesAreReadAsMessagesAre() {
        assertThat(read(RESULTS, 200, null, bytes(MESSAGES), true)).isEqualTo(new UsageReading.Earlier("msgbatch_1",
                Quantities.builder()
                        .reported(Meter.TOKENS_IN, 361)
                        .reported(Meter.TOKENS_OUT, 7)
                        .reported(Meter.CACHE_READ, 40)
                        .reported(Meter.CACHE_WRITE, 300)
                        .reported(Meter.CACHE_WRITE_1H, 200)
                        .reported(Meter.SEARCHES, 2)
                        .reported(Meter.TOOL_CALLS_REQUESTED, 1)
                        .build()));
    }

    @Test
    void aFileOfGeminisAnswersIsRead() {
        String line = "{\"key\":\"a\",\"response\":{\"candidates\":[{\"finishReason\":\"STOP\",\"index\":0}],\"modelVersion\":"
                + "\"gemini-2.5-flash\",\"usageMetadata\":{\"promptTokenCount\":13,\"candidatesTokenCount\":1,"
                + "\"thoughtsTokenCount\":43}}}\n";
        Dialect file = Dialects.of("google", "GET", "/download/v1beta/files/f1:download");
        assertThat(read(file, 200, null, bytes(line + line), true)).isEqualTo(new UsageReading.Earlier("f1",
                Quantities.builder()
                        .reported(Meter.TOKENS_IN, 26)
                        .reported(Meter.TOKENS_OUT, 88)
                        .reported(Meter.REASONING, 86)
                        .build()));
        String done = "{\"name\":\"batches/b1\",\"done\":true,\"response\":{\"responsesFile\":\"files/f1\"}}";
        assertThat(read(Dialects.of("google", "GET", "/v1beta/batches/b1"), 200, null, bytes(done), true))
                .isEqualTo(new UsageReading.Elsewhere("b1", "f1"));
    }

    @Test
    void whereAFileIsSplitChangesNothing() {
        for (Dialect dialect : List.of(FILE, RESULTS)) {
            byte[] body = bytes(dialect == FILE ? OUTPUT : MESSAGES);
            UsageReading whole = read(dialect, 200, null, body, true);
            for (int cut = 1; cut < body.length; cut++) {
                try (var meter = meter(dialect, 200, null)) {
                    meter.accept(body, 0, cut);
                    meter.accept(body, cut, body.length - cut);
                    assertThat(meter.finish(true)).as("split at %d", cut).isEqualTo(whole);
                }
            }
        }
    }

    /// Even where the cut falls between two lines: what is missing could have told anything.
    @Test
    void aFileThatIsCutTellsNothing() {
        for (Dialect dialect : List.of(FILE, RESULTS)) {
            byte[] body = bytes(dialect == FILE ? OUTPUT : MESSAGES);
            for (int cut = 0; cut <= body.length; cut++) {
                assertThat(read(dialect, 200, null, Arrays.copyOf(body, cut), false)).as("cut at %d", cut)
                        .isEqualTo(new UsageReading.Reported(Quantities.NONE));
            }
        }
    }

    /// The framing was whole, and yet a line is not.
    @ParameterizedTest
    @CsvSource({"{\"id\":", "{\"a\":1 2}", "{\"a\":1}}", "]"})
    void aFileWithADamagedLineTellsNothing(String line) {
        for (String file : List.of(line + "\n" + OUTPUT, OUTPUT + line, OUTPUT + line + "\n" + OUTPUT)) {
            assertThat(read(FILE, 200, null, bytes(file), true)).isEqualTo(new UsageReading.Reported(Quantities.NONE));
        }
    }

    @ParameterizedTest
    @CsvSource({"200, true", "201, true", "206, false", "304, false", "404, false", "500, false"})
    void aPartOfAFileTellsNothing(int status, boolean tells) {
        assertThat(read(FILE, status, null, bytes(OUTPUT), true) instanceof UsageReading.Earlier).isEqualTo(tells);
        assertThat(read(RESULTS, status, null, bytes(MESSAGES), true) instanceof UsageReading.Earlier)
                .isEqualTo(tells);
    }

    @Test
    void aCodedFileTellsItsUsageOnlyWhenTheCodingHasEnded() throws IOException {
        byte[] coded = gzip(OUTPUT);
        assertThat(read(FILE, 200, "gzip", coded, true)).isEqualTo(read(FILE, 200, null, bytes(OUTPUT), true));
        for (int cut = 0; cut < coded.length; cut++) {
            assertThat(read(FILE, 200, "gzip", Arrays.copyOf(coded, cut), true)).as("cut at %d", cut)
                    .isEqualTo(new UsageReading.Reported(Quantities.NONE));
        }
        var twice = new ByteArrayOutputStream();
        twice.writeBytes(coded);
        twice.writeBytes(coded);
        assertThat(read(FILE, 200, "gzip", twice.toByteArray(), true)).isEqualTo(
                read(FILE, 200, null, bytes(OUTPUT + OUTPUT), true));
        assertThat(read(FILE, 200, "br", coded, true)).isEqualTo(new UsageReading.Reported(Quantities.NONE));
    }

    @Test
    void manyLinesAreOneSum() {
        byte[] line = bytes(
                "{\"response\":{\"body\":{\"model\":\"m\",\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}}}\n");
        try (var meter = meter(FILE, 200, null)) {
            for (int i = 0; i < 100_000; i++) {
                meter.accept(line, 0, line.length);
            }
            assertThat(meter.facts().requests()).isEqualTo(100_000);
            assertThat(meter.finish(true)).isInstanceOfSatisfying(UsageReading.Earlier.class, told -> {
                assertThat(told.quantities().amount(Meter.TOKENS_IN)).isEqualTo(300_000);
                assertThat(told.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(200_000);
            });
        }
    }

    /// Counted all, priced none: a file that names ever more models must not fill the memory.
    @Test
    void moreModelsThanAreToldApartLeaveTheBatchWithoutAModel() {
        try (var meter = meter(FILE, 200, null)) {
            for (int i = 0; i < 1_000; i++) {
                byte[] line = bytes("{\"response\":{\"body\":{\"model\":\"m" + i
                        + "\",\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}}}\n");
                meter.accept(line, 0, line.length);
            }
            assertThat(meter.facts().sides()).hasSize(64);
            assertThat(meter.facts().model()).isNull();
            assertThat(meter.facts().quantities().amount(Meter.TOKENS_IN)).isEqualTo(3_000);
        }
    }

    private static List<JsonNode> recorded() {
        List<JsonNode> records = Corpus.records(
                record -> Set.of("openai.batches", "anthropic.batches").contains(record.path("wire_format").asText())
                        && !record.path("provider").asText().equals("xai"));
        assertThat(records).hasSize(48);
        return records;
    }

    private static StreamMeter meter(Dialect dialect, int status, @Nullable String coding) {
        return new StreamMeter(dialect, status, coding, null, TOKENIZERS, null);
    }

    private static UsageReading read(Dialect dialect, int status, @Nullable String coding, byte[] body,
            boolean complete) {
        try (var meter = meter(dialect, status, coding)) {
            meter.accept(body, 0, body.length);
            return meter.finish(complete);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(String text) throws IOException {
        var coded = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(coded)) {
            gzip.write(bytes(text));
        }
        return coded.toByteArray();
    }
}
