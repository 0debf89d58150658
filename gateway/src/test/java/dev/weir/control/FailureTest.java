package dev.weir.control;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.postgres.DatabaseException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What goes wrong on our side, and what never reaches the router.
class FailureTest {
    @Test
    void databaseThatIsAwayIsSaidSoWithoutItsMessage() {
        try (var plane = RunningControlPlane.start()) {
            plane.store.failWith(new DatabaseException("canary: Key (hash)=(secret) at 10.0.0.7:5432"));
            var answer = plane.get("/api/tenants");
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.code()).isEqualTo("database_unavailable");
            assertThat(answer.headers()).containsEntry("retry-after", "1");
            assertThat(answer.text()).doesNotContain("canary").doesNotContain("10.0.0.7");
        }
    }

    @Test
    void unexpectedFailureNamesItselfForTheLogAndShowsNoTrace() {
        try (var plane = RunningControlPlane.start()) {
            plane.store.failWith(new IllegalStateException("canary"));
            var answer = plane.get("/api/tenants");
            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.json().getString("instance")).startsWith("urn:uuid:");
            assertThat(answer.text()).doesNotContain("canary").doesNotContain("dev.weir").doesNotContain("\\tat ");
        }
    }

    @Test
    void requestsBeyondThePlacesAreRefusedAtOnceAndLaterOnesAnswered() {
        var begun = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var slow = new HealthCheck("slow", () -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Optional.empty();
        });
        var onePlace = RunningControlPlane.LOOPBACK.withRequestsMax(1);
        try (var plane = RunningControlPlane.start(onePlace, slow)) {
            var first = Thread.ofVirtual().unstarted(() -> plane.get("/health/ready"));
            first.start();
            begun.await();
            var refused = plane.get("/api/tenants");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.code()).isEqualTo("overloaded");
            goOn.countDown();
            first.join();
            assertThat(plane.get("/api/tenants").status()).isEqualTo(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @ParameterizedTest
    @CsvSource({"'GET /api/tenants HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n',                400",
        "'GET /LONG HTTP/1.1\r\nHost: localhost\r\n\r\n',                                        414",
        "'GET / HTTP/1.1\r\nHost: localhost\r\nX: LONGLONG\r\n\r\n',                             431",
        "'GET /api/tenants HTTP/1.1\r\n\r\n',                                                    400",
        "'GET /api/tenants HTTP/1.0\r\n\r\n',                                                    421"})
    void headThatCannotBeReadIsAnsweredWithAProblem(String head, int status) throws IOException {
        var request = head.replace("LONG", "a".repeat(5_000));
        try (var plane = RunningControlPlane.start(); var socket = new Socket("127.0.0.1", plane.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(US_ASCII));
            socket.shutdownOutput();
            var answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
            assertThat(answer).contains(" " + status + " ").contains(Problem.CONTENT_TYPE);
            var body = new JsonObject(answer.substring(answer.indexOf("\r\n\r\n")));
            assertThat(body.getInteger("status")).isEqualTo(status);
        }
    }

    @Test
    void emptyBearerIsNoCredential() {
        try (var plane = RunningControlPlane.start()) {
            var answer = plane.send(HttpMethod.GET, "/api/tenants", Map.of("Authorization", ""), null);
            assertThat(answer.status()).isEqualTo(401);
        }
    }
}
