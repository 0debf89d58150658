package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The MCP project's own Java client against a server through Weir, to which it says nothing but another address and key.
class McpSdkIT {
    private static ToolServer tools;
    private static WeirProcess weir;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        tools = new ToolServer();
        weir = WeirProcess.start(folder, "routes: {tools: {kind: mcp, provider: tool-server, upstream: '" + tools.url()
                + "', allow-private: true, credential: " + ToolServer.TOKEN + "}}");
    }

    @AfterAll
    static void stop() {
        weir.close();
        tools.close();
    }

    @Test
    void aSessionWithItsToolCallsIsCountedByTool() throws Exception {
        var listChanged = new CountDownLatch(1);
        try (McpSyncClient client = client(weir.newKey("sdk", "pro"), listChanged)) {
            client.initialize();
            assertThat(client.listTools().tools()).extracting(McpSchema.Tool::name).containsExactly("add", "slow");
            assertThat(done(client, "add")).isTrue();
            assertThat(done(client, "slow")).isTrue();
            assertThat(done(client, "slow")).isTrue();
            assertThat(listChanged.await(20, TimeUnit.SECONDS)).as("the server's own message came").isTrue();
            client.closeGracefully();
        }
        assertThat(tools.calls()).containsExactly("add", "slow", "slow");
        assertThat(tools.methods()).contains("GET", "POST", "DELETE");

        List<JsonObject> events = Events.atLeast(7, weir, "sdk");
        assertThat(events).filteredOn(event -> !event.getJsonObject("tools").isEmpty())
                .extracting(event -> event.getJsonObject("tools").encode())
                .containsExactlyInAnyOrder("{\"add\":1}", "{\"slow\":1}", "{\"slow\":1}");
        assertThat(events).allSatisfy(event -> {
            assertThat(event.getString("route")).isEqualTo("tools");
            long calls = event.getJsonObject("tools").isEmpty() ? 0 : 1;
            assertThat(event.getJsonObject("meters").getLong("tool_calls", 0L)).isEqualTo(calls);
        });
    }

    @Test
    void aBlockIsTheClientsOwnErrorAndCostsOneRequest() throws Exception {
        int before = tools.calls().size();
        try (McpSyncClient client = client(weir.newKey("sdk-free", "free"), new CountDownLatch(1))) {
            client.initialize();
            for (int i = 0; i < 10; i++) {
                assertThat(done(client, "add")).isTrue();
            }
            assertThatThrownBy(() -> done(client, "add")).hasStackTraceContaining("429");
            assertThat(client.listTools().tools()).as("what is no call still passes").hasSize(2);
            client.closeGracefully();
        }
        assertThat(tools.calls()).hasSizeGreaterThanOrEqualTo(before + 10);

        List<JsonObject> events = Events.atLeast(14, weir, "sdk-free");
        assertThat(events).filteredOn(event -> event.getString("outcome").equals("blocked"))
                .singleElement()
                .satisfies(event -> assertThat(event.getString("reason_code")).isEqualTo("cap_exceeded"));
        assertThat(events.stream().mapToLong(event -> event.getJsonObject("meters").getLong("tool_calls", 0L)).sum())
                .isEqualTo(10);
    }

    private static boolean done(McpSyncClient client, String tool) {
        CallToolResult result = client.callTool(CallToolRequest.builder(tool).arguments(Map.of("n", 1)).build());
        return !Boolean.TRUE.equals(result.isError()) && result.content().size() == 1;
    }

    private static McpSyncClient client(String key, CountDownLatch listChanged) {
        var transport = HttpClientStreamableHttpTransport.builder(weir.url(""))
                .endpoint("/tools/mcp")
                .requestBuilder(HttpRequest.newBuilder().header("Authorization", "Bearer " + key))
                .build();
        return McpClient.sync(transport)
                .requestTimeout(Duration.ofSeconds(30))
                .toolsChangeConsumer(changed -> listChanged.countDown())
                .build();
    }
}
