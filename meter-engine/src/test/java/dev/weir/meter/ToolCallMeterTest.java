package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.McpReader;
import dev.weir.dialect.McpReading;
import dev.weir.dialect.McpRequest;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One tool call for each `tools/call` that got a result, whatever the answer's form and wherever it was cut.
class ToolCallMeterTest {
    private static final String PLAIN = "identity";
    private static final String CALL_7 = call("7", "search");
    private static final String BATCH = "[" + call("7", "search") + "," + call("\"seven\"", "fetch") + ","
            + call("8", "search")
            + ",{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/list\"},"
            + "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"name\":\"x\"}}]";

    private static String call(String id, String tool) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":{\"id\":1,\"method\":\"tools/call\"}}}";
    }

    @ParameterizedTest(name = "{0} → {1} reported, {2} bound")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"jsonrpc":"2.0","id":7,"result":{"content":[]}}                                             | 1 | 0
            {"jsonrpc":"2.0","id":7,"result":{"isError":true,"content":[]}}                              | 1 | 0
            {"result":{"id":8,"error":{}},"jsonrpc":"2.0","id":7}                                        | 1 | 0
            {"jsonrpc":"2.0","id":7,"result":"plain"}                                                    | 1 | 0
            {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"no such tool","data":{"result":1}}} | 0 | 0
            {"jsonrpc":"2.0","id":"7","result":{}}                                                       | 0 | 1
            {"jsonrpc":"2.0","id":70,"result":{}}                                                        | 0 | 1
            {"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{"result":{}}}            | 0 | 1
            {"jsonrpc":"2.0","method":"notifications/message","params":{"id":7,"result":{}}}             | 0 | 1
            [{"jsonrpc":"2.0","id":7,"result":{}}]                                                       | 1 | 0
            {"jsonrpc":"2.0","id":7,"result":{"con                                                       | 0 | 1
            not JSON at all                                                                              | 0 | 1
            ``                                                                                           | 0 | 1
            """)
    void oneAnswerIsRead(String answer, long reported, long bound) {
        assertCounts(meter(CALL_7, PLAIN), answer == null ? "" : answer, reported, bound);
    }

    @Test
    void anEventStreamWithAllItsOdditiesIsReadInAnySplit() {
        String events = """
                : ping - 2026-05-12 22:03:17+00:00\r
                \r
                id: 1\r
                data:\r
                \r
                event: message\r
                id: 2\r
                data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1}}\r
                \r
                data: {"jsonrpc":"2.0","id":7,"method":"elicitation/create","params":{}}\r
                \r
                event: message\r
                data: {"jsonrpc":"2.0","id":"s\\u0065ven",\r
                data: "result":{"content":[{"type":"text","text":"{\\"id\\":8,\\"result\\":{}}"}]}}\r
                \r
                data: {"jsonrpc":"2.0","id":8,"error":{"code":-1,"message":"no"}}\r
                \r
                data: {"jsonrpc":"2.0","id":9,"result":{"tools":[]}}\r
                \r
                data: {"jsonrpc":"2.0","id":7,"result":{}}\r
                \r
                data: {"jsonrpc":"2.0","id":7,"result":{}}\r
                \r
                """;
        byte[] bytes = events.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at <= bytes.length; at++) {
            ToolCallMeter meter = meter(BATCH, PLAIN);
            meter.accept(bytes, 0, at);
            meter.accept(bytes, at, bytes.length - at);
            assertThat(meter.finish(true)).as("cut at %d", at).isEqualTo(reported(2));
            assertThat(meter.tools(true).byName()).hasToString("{fetch=1, search=1}");
        }
    }

    @Test
    void aCutStreamCountsWhatWasNotAnsweredAsABound() {
        ToolCallMeter meter = meter(BATCH, PLAIN);
        feed(meter, "data: {\"id\":7,\"result\":{}}\n\ndata: {\"id\":\"sev");

        var reading = (UsageReading.Estimated) meter.finish(true);

        assertThat(reading.quantities().amount(Meter.TOOL_CALLS)).isEqualTo(3);
        assertThat(reading.quantities().provenance(Meter.TOOL_CALLS)).isEqualTo(Provenance.BOUND);
        assertThat(meter.tools(true).byName()).hasToString("{fetch=1, search=2}");
    }

    @Test
    void aRefusalOfTheServerCountsNothing() {
        ToolCallMeter meter = meter(CALL_7, PLAIN);
        feed(meter, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"Session not found\"}}");

        assertThat(((UsageReading.Reported) meter.finish(false)).quantities().isEmpty()).isTrue();
        assertThat(meter.tools(false).isEmpty()).isTrue();
    }

    @Test
    void aCodedAnswerIsReadAndOneOfAnUnknownCodingIsABound() throws IOException {
        var coded = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(coded)) {
            gzip.write("{\"id\":7,\"result\":{}}".getBytes(StandardCharsets.UTF_8));
        }
        ToolCallMeter known = meter(CALL_7, "gzip");
        known.accept(coded.toByteArray(), 0, coded.size());
        ToolCallMeter unknown = meter(CALL_7, "br");
        unknown.accept(coded.toByteArray(), 0, coded.size());

        assertThat(known.finish(true)).isEqualTo(reported(1));
        assertThat(unknown.finish(true)).isInstanceOf(UsageReading.Estimated.class);
    }

    @Test
    void anyBytesAreReadWithoutFailing() {
        var random = new Random(20261125);
        String answer = "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[1,\"\\u00e4\"]}}\n\n";
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            for (int flips = random.nextInt(6); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            ToolCallMeter meter = meter(CALL_7, PLAIN);
            meter.accept(bytes, 0, bytes.length);
            assertThat(meter.finish(true)).isNotNull();
            assertThat(meter.tools(true).total()).isLessThanOrEqualTo(1);
        }
    }

    private static void assertCounts(ToolCallMeter meter, String answer, long reported, long bound) {
        feed(meter, answer);
        UsageReading reading = meter.finish(true);
        if (bound == 0) {
            assertThat(reading).isEqualTo(reported(reported));
        } else {
            assertThat(((UsageReading.Estimated) reading).quantities().amount(Meter.TOOL_CALLS)).isEqualTo(bound);
        }
        assertThat(meter.tools(true).total()).isEqualTo(reported + bound);
    }

    private static UsageReading reported(long calls) {
        return new UsageReading.Reported(calls == 0
                ? Quantities.NONE
                : Quantities.of(Meter.TOOL_CALLS, calls, Provenance.REPORTED));
    }

    private static void feed(ToolCallMeter meter, String answer) {
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        meter.accept(bytes, 0, bytes.length);
    }

    private static ToolCallMeter meter(String request, String coding) {
        byte[] body = request.getBytes(StandardCharsets.UTF_8);
        McpRequest read = ((McpReading.Read) McpReader.read(body, body.length)).request();
        return new ToolCallMeter(read, coding);
    }
}
