package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// Secrets leave through one door only: the answer that makes a key.
class SecretsTest {
    @Test
    void neitherTheAdminKeyNorATenantKeyIsInAnyOtherAnswerOrLogLine() {
        var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        var ours = (Logger) LoggerFactory.getLogger("dev.weir");
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        var before = root.getLevel();
        root.addAppender(lines);
        root.setLevel(Level.INFO);
        ours.setLevel(Level.ALL);
        ours.debug("the log is captured");
        var answers = new StringBuilder();
        String key;
        try (var plane = RunningControlPlane.start()) {
            plane.post("/api/tenants", "{\"id\":\"acme\",\"plan\":\"pro\"}");
            key = plane.post("/api/keys", "{\"tenant\":\"acme\"}").json().getString("key");
            for (var uri : new String[]{"/api/tenants", "/api/keys?tenant=acme", "/api/keys?tenant=" + key,
                "/api/events?user=" + key, "/api/events?limit=" + key, "/api/tenants/" + key, "/api/x?" + key,
                "/metrics", "/health/ready", "/openapi.yaml", "/api/costs/summary?tenant=acme"}) {
                note(answers, plane.get(uri));
                note(answers, plane.send(HttpMethod.GET, uri, Map.of("Authorization", "Bearer " + key), null));
            }
            note(answers, plane.post("/api/keys", new JsonObject().put("tenant", key)));
            note(answers, plane.post("/api/keys", "{\"" + key + "\":"));
            note(answers, plane.delete("/api/keys/" + key));
            var headers = new HashMap<>(RunningControlPlane.admin());
            headers.put("Content-Type", key);
            note(answers, plane.send(HttpMethod.POST, "/api/keys", headers, key));
        } finally {
            root.setLevel(Optional.ofNullable(before).orElse(Level.WARN));
            ours.setLevel(null);
            root.detachAppender(lines);
        }
        var log = new StringBuilder();
        lines.list.forEach(line -> log.append(line.getFormattedMessage()).append('\n'));
        assertThat(log.toString()).contains("the log is captured");
        for (var secret : new String[]{key, RunningControlPlane.ADMIN_KEY}) {
            assertThat(answers.toString()).doesNotContain(secret);
            assertThat(log.toString()).doesNotContain(secret);
        }
    }

    private static void note(StringBuilder answers, RunningControlPlane.Answer answer) {
        answers.append(answer.headers()).append(answer.text()).append('\n');
    }
}
