package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A block is an answer that the client's SDK understands and does not try again, and exactly as many calls pass as there is
/// room for (design §2).
class CapRefusalTest {
    private static TestPlane plane;

    @BeforeAll
    static void start() throws Exception {
        plane = new TestPlane();
    }

    @AfterAll
    static void stop() throws Exception {
        plane.close();
    }

    @BeforeEach
    void forget() {
        plane.forget();
    }

    private static String chat(String path, int maxTokens) {
        return "{\"model\":\"" + (path.contains("anthropic") ? "claude-haiku-4-5" : "gpt-4o-mini")
                + "\",\"max_tokens\":"
                + maxTokens + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    }

    private static Limit block(Meter meter, Window window, long amount) {
        return Limit.block("cap-" + System.nanoTime(), Entity.THE_TENANT, Measure.of(meter), window, amount);
    }

    @ParameterizedTest(name = "{0} {1} per {2}: {3}, Retry-After at most {4}")
    @CsvSource({"/openai/v1/chat/completions, TOKENS, DAY, cap_exceeded, 86400",
        "/openai/v1/chat/completions, TOKENS, MINUTE, rate_exceeded, 60",
        "/openai/v1/chat/completions, TOKENS, TOTAL, cap_exceeded, -1",
        "/openai/v1/chat/completions, COST, DAY, budget_exceeded, 86400",
        "/anthropic/v1/messages, TOKENS, DAY, cap_exceeded, 86400",
        "/anthropic/v1/messages, TOKENS, HOUR, cap_exceeded, 3600",
        "/anthropic/v1/messages, COST, MONTH, budget_exceeded, 2678400",
        "/tickets/a, TOOL_CALLS, DAY, cap_exceeded, 86400"})
    void aBlockSaysWhichLimitAndWhenItResets(String path, Meter meter, Window window, String code, long retryAfterMost)
            throws Exception {
        Limit limit = block(meter, window, 0);
        plane.limits(limit);
        Wire.Message refused = plane.call("POST " + path, "", chat(path, 5));

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("x-should-retry")).isEqualTo("false");
        assertRetryAfter(refused, retryAfterMost);
        assertThat(refused.header("ratelimit")).startsWith("\"" + limit.id() + "\";r=0");
        assertThat(refused.header("ratelimit-policy")).startsWith("\"" + limit.id() + "\";q=0;qu=");
        assertShape(path, refused, code, limit.id());
        plane.quiet();
        assertThat(plane.upstream.requests()).isEmpty();
        UsageEvent event = plane.journal.refused().getFirst();
        assertThat(refused.header("x-weir-request-id")).isEqualTo(event.callId());
        assertThat(event.outcome()).isEqualTo(Outcome.BLOCKED);
        assertThat(event.reasonCode()).isEqualTo(code);
        assertThat(event.quantities().isEmpty()).isTrue();
        assertThat(plane.ledger.openReservations()).isZero();
    }

    private static void assertRetryAfter(Wire.Message refused, long most) {
        String seconds = refused.header("retry-after");
        if (most < 0) {
            assertThat(seconds).isNull();
        } else {
            assertThat(Long.parseLong(String.valueOf(seconds))).isBetween(1L, most);
        }
    }

    private static void assertShape(String path, Wire.Message refused, String code, String limit) {
        var body = new JsonObject(refused.text());
        String message;
        if (path.startsWith("/openai")) {
            assertThat(refused.header("content-type")).isEqualTo("application/json");
            assertThat(body.fieldNames()).containsExactly("error");
            assertThat(body.getJsonObject("error").getString("type")).isEqualTo("insufficient_quota");
            assertThat(body.getJsonObject("error").getString("code")).isEqualTo(code);
            message = body.getJsonObject("error").getString("message");
        } else if (path.startsWith("/anthropic")) {
            assertThat(body.getString("type")).isEqualTo("error");
            assertThat(body.getJsonObject("error").getString("type")).isEqualTo("rate_limit_error");
            assertThat(body.getJsonObject("error").getString("code")).isEqualTo(code);
            assertThat(body.getString("request_id")).isEqualTo(refused.header("x-weir-request-id"));
            message = body.getJsonObject("error").getString("message");
        } else {
            assertThat(refused.header("content-type")).isEqualTo("application/problem+json");
            assertThat(body.getInteger("status")).isEqualTo(429);
            assertThat(body.getString("code")).isEqualTo(code);
            message = body.getString("detail");
        }
        assertThat(message).contains(limit);
    }

    @ParameterizedTest(name = "{0}: {2} of {3} pass")
    @CsvSource({"/openai/v1/chat/completions, CALLS, 20, 80", "/anthropic/v1/messages, CALLS, 1, 40",
        "/tickets/a, TOOL_CALLS, 10, 80"})
    void exactlyAsManyPassAtOnceAsThereIsRoomFor(String path, Meter meter, int room, int clients) throws Exception {
        plane.limits(block(meter, Window.DAY, room));
        var decided = new CountDownLatch(clients - room);
        plane.upstream.answers((request, wire, number) -> {
            assertThat(decided.await(20, TimeUnit.SECONDS)).isTrue();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        });
        var statuses = new ArrayList<Future<Integer>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < clients; i++) {
                statuses.add(threads.submit(() -> {
                    int status = plane.call("POST " + path, "", chat(path, 5)).status();
                    if (status == 429) {
                        decided.countDown();
                    }
                    return status;
                }));
            }
        }

        int passed = 0;
        for (Future<Integer> status : statuses) {
            assertThat(status.get()).isIn(200, 429);
            passed += status.get() == 200 ? 1 : 0;
        }
        assertThat(passed).isEqualTo(room);
        assertThat(plane.settled()).hasSize(room);
        assertThat(plane.journal.refused()).hasSize(clients - room);
        assertThat(plane.upstream.requests()).hasSize(room);
    }

    @Test
    void anAnswerThatPassesTellsWhereItsTightestLimitStands() throws Exception {
        Limit limit = block(Meter.TOOL_CALLS, Window.DAY, 10);
        plane.limits(limit);
        plane.upstream.answers((request, wire, number) -> wire
                .send("HTTP/1.1 200 OK\r\nRateLimit: \"theirs\";r=5\r\nContent-Length: 0\r\n\r\n"));
        Wire.Message answer = plane.call("GET /tickets/a", "", "");

        assertThat(answer.header("ratelimit")).startsWith("\"" + limit.id() + "\";r=9;t=");
        assertThat(answer.header("ratelimit-policy"))
                .isEqualTo("\"" + limit.id() + "\";q=10;qu=\"tool_calls\";w=86400");
        assertThat(answer.header("x-weir-request-id")).startsWith("wrq_");
    }
}
