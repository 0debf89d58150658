package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Whatever is sent, the answer is a documented one: never 500, and every refusal is a problem document.
class RandomRequestTest {
    private static final int REQUESTS = 1_500;
    private static final List<String> PATHS = List.of("/api/tenants", "/api/tenants/", "/api/keys", "/api/keys/",
            "/api/events", "/api/costs/summary", "/api/plans", "/api/plans/", "/api/limits", "/api/limits/acme/",
            "/quota",
            "/quota/", "/api/capacity", "/api/capacity/", "/api/budgets", "/api/budgets/", "/api/alerts",
            "/api/admin-actions", "/health/live", "/health/ready",
            "/metrics", "/openapi.yaml", "/x");
    private static final List<String> PARAMETERS = List.of("tenant", "run", "key", "user", "route", "model", "outcome",
            "from", "to", "limit", "cursor", "period", "groupBy", "state", "x");
    private static final List<String> FIELDS = List.of("id", "plan", "region", "tenant", "user", "x", "", "entity",
            "kind", "value", "meter", "window", "zone", "amount", "action", "alerts", "limits", "forbids", "at_limit",
            "converts_to", "tenant_id", "monthly_total_limit", "concurrency", "limit", "period", "webhook");
    private static final List<String> VALUES = List.of("acme", "pro", "", "0", "-1", "1.0", "daily", "1000", "null",
            "true",
            "ok",
            "2026-03", "2026-99", "2026-03-14T09:26:53Z", "+10000-01-01T00:00:00Z", "%", "%00", "a b", "ü", "\u0000",
            "\ud83d\ude00", "'; DROP TABLE tenants; --", "../..", "user", "WyJhIl0", "W10", "9".repeat(40),
            "a".repeat(300));

    @Test
    void noInputIsAnsweredWithAnInternalError() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        var random = new Random(seed);
        try (var plane = RunningControlPlane.start()) {
            plane.store.add(SampleEvents.full());
            for (int i = 0; i < REQUESTS; i++) {
                var method = pick(random,
                        List.of("GET", "GET", "GET", "POST", "POST", "DELETE", "PUT", "PATCH", "HEAD"));
                var uri = uri(random);
                var body = method.startsWith("P") ? body(random) : null;
                var headers = new HashMap<>(RunningControlPlane.admin());
                headers.put("Content-Type", pick(random, List.of("application/json", "application/json; charset=utf-8",
                        "application/jsonx", "text/plain", "nonsense")));
                var answer = plane.send(HttpMethod.valueOf(method), uri, headers, body);
                var what = "-Dweir.seed=" + seed + " request " + i + ": " + method + " " + uri + " " + body + " -> "
                        + answer.status() + " " + answer.text();
                assertThat(answer.status()).as(what).isLessThan(500);
                if (answer.status() >= 400 && !method.equals("HEAD")) {
                    assertThat(answer.headers().get("content-type")).as(what).isEqualTo(Problem.CONTENT_TYPE);
                    assertThat(answer.json().getInteger("status")).as(what).isEqualTo(answer.status());
                    assertThat(answer.json().getString("detail")).as(what).isNotEmpty();
                }
            }
        }
    }

    private static String uri(Random random) {
        var path = pick(random, PATHS);
        var uri = new StringBuilder(path);
        if (path.endsWith("/")) {
            uri.append(maybeEncoded(random, pick(random, VALUES)));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            uri.append(uri.indexOf("?") < 0 ? '?' : '&')
                    .append(pick(random, PARAMETERS))
                    .append('=')
                    .append(maybeEncoded(random, pick(random, VALUES)));
        }
        return uri.toString();
    }

    /// Mostly well encoded; sometimes what a careless client sends, as far as it can be in a request line.
    private static String maybeEncoded(Random random, String value) {
        boolean sendable = value.chars().allMatch(c -> c > ' ' && c < 127 && c != '#');
        return sendable && random.nextInt(4) == 0 ? value : URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private static String body(Random random) {
        if (random.nextInt(8) == 0) {
            return pick(random, List.of("", "{", "[]", "null", "1", "\"x\"", "{\"id\":}", "\u0000", "{}{}",
                    "[".repeat(2_000), "{\"id\":1e999999999,\"plan\":\"pro\"}"));
        }
        var object = new JsonObject();
        for (int i = random.nextInt(5); i > 0; i--) {
            object.put(pick(random, FIELDS), value(random, 0));
        }
        return object.encode();
    }

    private static Object value(Random random, int depth) {
        return switch (random.nextInt(depth > 3 ? 4 : 6)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextBoolean();
            case 2, 3 -> pick(random, VALUES);
            case 4 -> new JsonArray().add(value(random, depth + 1));
            default -> new JsonObject().put(pick(random, FIELDS), value(random, depth + 1));
        };
    }

    private static <T> T pick(Random random, List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
