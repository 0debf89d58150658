package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a stop and a start keep: keys, events, and how much of a cap is used.
class RestartIT {
    private static final String CONFIG = "routes:\n  sandbox: {kind: llm, provider: sandbox}\n";

    @TempDir
    private Path folder;

    @Test
    void anOrderlyStopExitsWith0AndAStartGoesOnWhereItWas() throws Exception {
        long before;
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            assertThat(chat(weir).statusCode()).isEqualTo(200);
            before = remaining(chat(weir));
            assertThat(weir.stop()).isZero();
        }
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            assertThat(Events.of(weir, "demo")).as("stored before the stop returned").hasSize(2);
            assertThat(remaining(chat(weir))).as("what was used before counts").isLessThan(before);
            weir.kill();
        }
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            assertThat(Events.atLeast(3, weir, "demo")).hasSize(3);
        }
    }

    @Test
    void usageThatIsToldAfterAKillIsBookedOnceAndCountsForTheCap() throws Exception {
        String id;
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            String created = background(weir).body();
            id = created.replaceAll(".*\"id\":\"(resp_[^\"]+)\".*", "$1");
            weir.kill();
        }
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            long before = remaining(chat(weir));
            assertThat(read(weir, id).statusCode()).isEqualTo(200);
            assertThat(before - remaining(chat(weir))).as("the response's tokens and a chat's").isGreaterThan(100);
            weir.kill();
        }
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            assertThat(read(weir, id).statusCode()).isEqualTo(200);
            // Two chats, the created response, its usage, and both readings of it.
            assertThat(Events.atLeast(6, weir, "demo"))
                    .filteredOn(event -> event.getJsonArray("flags").contains("usage_deferred"))
                    .singleElement()
                    .satisfies(booked -> assertThat(booked.getJsonObject("meters").getLong("tokens_out"))
                            .isEqualTo(100));
        }
    }

    @Test
    void twoInstancesRunSideBySide() throws Exception {
        try (var one = WeirProcess.start(folder.resolve("one"), CONFIG);
                var two = WeirProcess.start(folder.resolve("two"), CONFIG)) {
            assertThat(chat(one).statusCode()).isEqualTo(200);
            assertThat(chat(two).statusCode()).isEqualTo(200);
        }
    }

    /// Units left of the daily tokens, from the `RateLimit` field.
    private static long remaining(HttpResponse<String> answer) {
        return Long.parseLong(answer.headers().firstValue("ratelimit").orElseThrow().replaceAll(".*;r=(\\d+).*", "$1"));
    }

    private static HttpResponse<String> chat(WeirProcess weir) throws Exception {
        return post(weir, "chat/completions",
                "{\"model\":\"sandbox-small\",\"max_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    }

    private static HttpResponse<String> background(WeirProcess weir) throws Exception {
        return post(weir, "responses", "{\"model\":\"sandbox-small\",\"input\":\"hi\",\"background\":true,"
                + "\"max_output_tokens\":200,\"weir_sandbox\":{\"output_tokens\":100}}");
    }

    private static HttpResponse<String> read(WeirProcess weir, String id) throws Exception {
        return WeirProcess.HTTP.send(HttpRequest.newBuilder(URI.create(weir.url("/sandbox/v1/responses/" + id)))
                .header("Authorization", "Bearer " + weir.demoKey())
                .build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(WeirProcess weir, String path, String body) throws Exception {
        return WeirProcess.HTTP.send(HttpRequest.newBuilder(URI.create(weir.url("/sandbox/v1/" + path)))
                .header("Authorization", "Bearer " + weir.demoKey())
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(), HttpResponse.BodyHandlers.ofString());
    }
}
