package dev.weir.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What an MCP client's POST asks for; and which bodies have no reading, or two.
class McpReaderTest {
    @ParameterizedTest(name = "{0} → {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`',
            textBlock = """
                            {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"name":"b"}}} | {a=1} | [1]
                            {"params":{"name":"a"},"method":"tools/call","id":"x"}                                      | {a=1} | ["x"]
                            {"id":1,"method":"tools\\/c\\u0061ll","params":{"n\\u0061me":"a"}}                          | {a=1} | [1]
                            {"id":1,"method":"tools/call"}                                                              | {=1}  | [1]
                            {"id":1,"method":"tools/call","params":[1]}                                                 | {=1}  | [1]
                            {"id":1.5,"method":"tools/call","params":{"name":"a"}}                                      | {a=1} | []
                            {"id":1,"method":"tools/call","params":{"uri":"b","name":"a"}}                              | {a=1} | [1]
                    {"id":1,"method":"tools/list"}                                                              | {}    | [1]
                            {"id":1,"method":"initialize","params":{"clientInfo":{"name":"c"}}}                         | {}    | [1]
                            {"id":1,"method":"ping"}                                                                    | {}    | [1]
                            {"method":"notifications/initialized"}                                                      | {}    | []
                            {"id":1,"result":{"method":"tools/call"}}                                                   | {}    | []
                            []                                                                                          | {}    | []
                            [{"id":1,"method":"tools/call","params":{"name":"a"}},{"id":2,"method":"ping"},{"id":"1","method":"tools/call","params":{"name":"a"}}] | {a=2} | [1, 2, "1"]
                            """)
    void aBodyIsRead(String body, String tools, String ids) {
        McpRequest request = ((McpReading.Read) read(body)).request();

        assertThat(request.asked().byName()).hasToString(tools);
        assertThat(request.words().ids()).hasToString(ids);
        assertThat(request.words().batch()).isEqualTo(body.startsWith("["));
    }

    @ParameterizedTest(name = "{0} → {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`',
            textBlock = """
                    {"id":1,"method":"ping","method":"tools/call","params":{"name":"a"}}                 | -32600 | stands twice
                    {"id":1,"method":"ping","Method":"tools/call","params":{"name":"a"}}                 | -32600 | but for its case
                    {"id":1,"method":"tools/call","params":{"name":"a","name":"b"}}                      | -32600 | stands twice
                    {"id":1,"method":"tools/call","params":{"NAME":"a"}}                                 | -32600 | but for its case
                    {"id":1,"id":2,"method":"tools/call","params":{"name":"a"}}                          | -32600 | stands twice
                    {"method":"tools/call","params":{"name":"a"}}                                        | -32600 | has no id
                    {"id":null,"method":"tools/call","params":{"name":"a"}}                              | -32600 | has no id
                    [{"id":1,"method":"tools/call"},{"id":1,"method":"tools/call"}]                      | -32600 | the same id
                    [[{"id":1,"method":"tools/call"}]]                                                   | -32600 | is an object
                    "tools/call"                                                                         | -32600 | is an object
                    {"id":1,"method":"tools/call"                                                        | -32700 | not valid JSON
                    {"id":1,"method":"tools/call"}{}                                                     | -32700 | not valid JSON
                    ``                                                                                   | -32700 | not valid JSON
                    """)
    void aBodyWithoutOneReadingIsRefused(String body, int code, String why) {
        var unreadable = (McpReading.Unreadable) read(body == null ? "" : body);

        assertThat(unreadable.words().code()).isEqualTo(code);
        assertThat(unreadable.why()).contains(why);
    }

    @Test
    void aBatchIsBounded() {
        String ping = "{\"method\":\"ping\"}";

        assertThat(read("[" + (ping + ",").repeat(McpReader.MESSAGES_MAX - 1) + ping + "]"))
                .isInstanceOf(McpReading.Read.class);
        assertThat(read("[" + (ping + ",").repeat(McpReader.MESSAGES_MAX) + ping + "]"))
                .isInstanceOf(McpReading.Unreadable.class);
    }

    @Test
    void toolsBeyondTheBoundAreCountedTogether() {
        var body = new StringBuilder("[");
        for (int i = 0; i < 100; i++) {
            body.append(i == 0 ? "" : ",")
                    .append("{\"id\":" + i + ",\"method\":\"tools/call\",\"params\":{\"name\":\"t"
                            + i % 50 + "\"}}");
        }
        var asked = ((McpReading.Read) read(body.append(']').toString())).request().asked();

        assertThat(asked.byName()).hasSize(17).containsEntry("t0", 2L).containsEntry("*", 68L);
        assertThat(asked.total()).isEqualTo(100);
    }

    @Test
    void aRefusalAnswersEachRequestUnderItsId() {
        var shape = new RefusalShape(429, "cap_exceeded", "10 \"of\" 10", "wrq_1");
        McpWords one = ((McpReading.Read) read("{\"id\":\"a\\\"b\",\"method\":\"tools/call\"}")).request().words();
        McpWords batch = ((McpReading.Read) read("[{\"id\":1,\"method\":\"ping\"},{\"method\":\"x\"},{\"id\":2,"
                + "\"method\":\"tools/call\"}]")).request().words();

        String error = "\"error\":{\"code\":-32000,\"message\":\"10 \\\"of\\\" 10\",\"data\":{\"code\":\"cap_exceeded\","
                + "\"status\":429,\"request_id\":\"wrq_1\"}}}";
        assertThat(text(one.put(shape))).isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\"," + error);
        assertThat(text(batch.put(shape))).isEqualTo("[{\"jsonrpc\":\"2.0\",\"id\":1," + error
                + ",{\"jsonrpc\":\"2.0\",\"id\":2," + error + "]");
        assertThat(text(McpWords.UNREAD.put(shape))).isEqualTo("{\"jsonrpc\":\"2.0\"," + error);
    }

    @Test
    void anyBytesAreReadOrUnreadable() {
        var random = new Random(7);
        String body = "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}]";
        for (int i = 0; i < 10_000; i++) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            for (int flips = random.nextInt(4); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            assertThat(McpReader.read(bytes, bytes.length)).isNotNull();
        }
    }

    private static String text(RefusalBody body) {
        return new String(body.bytes(), StandardCharsets.UTF_8);
    }

    private static McpReading read(String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return McpReader.read(bytes, bytes.length);
    }
}
