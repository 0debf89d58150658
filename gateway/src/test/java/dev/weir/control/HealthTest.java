package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class HealthTest {
    private static final HealthCheck WELL = new HealthCheck("spool", Optional::empty);

    @Test
    void nodeIsReadyWhenAllChecksAreUp() {
        try (var plane = RunningControlPlane.start(RunningControlPlane.LOOPBACK, WELL)) {
            var answer = plane.get("/health/ready");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.json()).isEqualTo(
                    new JsonObject("{\"status\":\"up\",\"checks\":[{\"name\":\"spool\",\"status\":\"up\"}]}"));
        }
    }

    @Test
    void nodeThatIsNotReadySaysWhyAndStillLives() {
        var ill = new HealthCheck("postgresql", () -> Optional.of("127.0.0.1:5432 refuses the connection"));
        try (var plane = RunningControlPlane.start(RunningControlPlane.LOOPBACK, WELL, ill)) {
            var answer = plane.get("/health/ready");
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.json()).isEqualTo(new JsonObject("""
                    {"status":"down","checks":[{"name":"spool","status":"up"},
                     {"name":"postgresql","status":"down","reason":"127.0.0.1:5432 refuses the connection"}]}"""));
            assertThat(plane.get("/health/live").status()).isEqualTo(200);
        }
    }

    @Test
    void checkThatFailsIsDownAndKeepsItsExceptionToTheLog() {
        var broken = new HealthCheck("postgresql", () -> {
            throw new IllegalStateException("canary-secret");
        });
        try (var plane = RunningControlPlane.start(RunningControlPlane.LOOPBACK, broken)) {
            var answer = plane.get("/health/ready");
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.text()).contains("IllegalStateException").doesNotContain("canary");
        }
    }

    @Test
    void checkThatHangsIsDown() {
        var never = new CountDownLatch(1);
        var hanging = new HealthCheck("postgresql", () -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Optional.empty();
        });
        var resource = new HealthResource(List.of(hanging), Duration.ofMillis(20));
        var request = new Request(Caller.NOBODY, Map.of(), new JsonObject());
        var reply = resource.operations().getOrDefault("getReadiness", each -> new Reply.Nothing()).answer(request);
        assertThat(reply).isInstanceOfSatisfying(Reply.Json.class, json -> {
            assertThat(json.status()).isEqualTo(503);
            assertThat(json.body().encode()).contains("no answer within 20 ms");
        });
        never.countDown();
    }
}
