package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A budget of a cent, spent by OpenAI's own SDK: told of on the way, then blocked, over a `kill -9` too.
class BudgetIT {
    private static final String CONFIG = "routes:\n  sandbox: {kind: llm, provider: sandbox}\n"
            + "alerts: {allow-private: true}\n";
    /// 1,000 tokens out at 0.40 dollars per million.
    private static final int CALLS_OF_A_CENT = 25;

    @TempDir
    private Path folder;

    private final List<String> kinds = new CopyOnWriteArrayList<>();
    private final List<String> unsigned = new CopyOnWriteArrayList<>();
    private volatile String secret = "";

    @Test
    void aCentIsToldOfAtEachMarkOnceAndThenBlocks() throws Exception {
        HttpServer receiver = receiver();
        try {
            try (var weir = WeirProcess.start(folder, CONFIG)) {
                String key = weir.newKey("acme", "pro");
                makeBudgets(weir, receiver);
                try (var openai = closing(weir, key)) {
                    int calls = spend(openai.client());
                    assertThat(calls).isBetween(CALLS_OF_A_CENT - 1, CALLS_OF_A_CENT + 3);
                    assertBlockedOnce(weir, calls);
                }
                awaitKinds(3);
                assertThat(kinds).containsExactlyInAnyOrder("75", "90", "100");
                weir.awaitLine("'budget:daily' of tenant:acme is at 90 %");
                assertThat(weir.log()).contains("is at 90 %").doesNotContain("is at 75 %").doesNotContain(secret);
                assertStanding(weir);
                weir.kill();
            }
            try (var weir = WeirProcess.start(folder, CONFIG)) {
                try (var openai = closing(weir, weir.newKey("acme", "pro"))) {
                    assertThatThrownBy(() -> call(openai.client())).isInstanceOf(RateLimitException.class);
                }
                var test = new JsonObject(weir.control("POST", "/api/budgets/daily/test?tenant=acme", ""));
                assertThat(test.getJsonObject("delivery").getString("state")).isEqualTo("delivered");
                assertThat(kinds).as("a start, and another block, tell nothing anew").hasSize(4);
                assertThat(alerts(weir, "delivered")).isEqualTo(4);
            }
            assertThat(unsigned).isEmpty();
        } finally {
            receiver.stop(0);
        }
    }

    private void makeBudgets(WeirProcess weir, HttpServer receiver) throws Exception {
        weir.control("POST", "/api/budgets", "{\"id\":\"monthly\",\"tenant\":\"acme\",\"period\":\"monthly\","
                + "\"limit\":\"1000\"}");
        var made = new JsonObject(weir.control("POST", "/api/budgets",
                "{\"id\":\"daily\",\"tenant\":\"acme\",\"period\":\"daily\",\"limit\":\"0.01\",\"webhook\":{\"url\":"
                        + "\"http://127.0.0.1:" + receiver.getAddress().getPort() + "/weir\"}}"));
        secret = made.getJsonObject("webhook").getString("secret");
    }

    /// Calls until one is refused.
    ///
    /// @return how many were not
    private static int spend(OpenAIClient client) {
        for (int calls = 0;; calls++) {
            try {
                call(client);
            } catch (RateLimitException blocked) {
                assertThat(blocked).hasMessageContaining("budget:daily");
                return calls;
            }
        }
    }

    private static void call(OpenAIClient client) {
        client.chat()
                .completions()
                .create(ChatCompletionCreateParams.builder()
                        .model("sandbox-small")
                        .maxCompletionTokens(1_000)
                        .addUserMessage("What is a weir?")
                        .putAdditionalBodyProperty("weir_sandbox", JsonValue.from(Map.of("output_tokens", 1_000)))
                        .build());
    }

    private static void assertBlockedOnce(WeirProcess weir, int calls) {
        assertThat(Events.atLeast(calls + 1, weir, "acme")).hasSize(calls + 1)
                .filteredOn(event -> event.getString("outcome").equals("blocked"))
                .singleElement()
                .satisfies(blocked -> {
                    assertThat(blocked.getString("reason_code")).isEqualTo("budget_exceeded");
                    assertThat(blocked.getString("cost")).isEqualTo("0");
                });
    }

    private static void assertStanding(WeirProcess weir) throws Exception {
        var daily = new JsonObject(weir.control("GET", "/api/budgets/daily?tenant=acme", ""));
        assertThat(Double.parseDouble(daily.getString("spent"))).isBetween(0.0096, 0.01);
        assertThat(daily.getString("reserved")).isEqualTo("0");
        assertThat(daily.getDouble("percent")).isBetween(96.0, 100.0);
        assertThat(daily.encode()).doesNotContain("whsec_");
        var monthly = new JsonObject(weir.control("GET", "/api/budgets/monthly?tenant=acme", ""));
        assertThat(monthly.getString("spent")).isEqualTo(daily.getString("spent"));
    }

    private static int alerts(WeirProcess weir, String state) throws Exception {
        return new JsonObject(weir.control("GET", "/api/alerts?tenant=acme&state=" + state, "")).getJsonArray("items")
                .size();
    }

    private void awaitKinds(int count) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> kinds.size() >= count);
    }

    private HttpServer receiver() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/weir", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            var headers = exchange.getRequestHeaders();
            String signed = headers.getFirst("webhook-id") + "." + headers.getFirst("webhook-timestamp") + "." + body;
            if (!headers.getFirst("webhook-signature").equals("v1," + hmac(signed))) {
                unsigned.add(body);
            }
            kinds.add(Integer.toString(new JsonObject(body).getJsonObject("data").getInteger("percent")));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private String hmac(String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.substring("whsec_".length())), "RAW"));
            return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Closing(OpenAIClient client) implements AutoCloseable {
        @Override
        public void close() {
            client.close();
        }
    }

    private static Closing closing(WeirProcess weir, String key) {
        return new Closing(OpenAIOkHttpClient.builder().baseUrl(weir.url("/sandbox/v1")).apiKey(key).build());
    }
}
