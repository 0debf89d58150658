package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Who has not heard from the database for too long trusts no key any more: closed, and said so (G16).
class StaleDirectoryTest {
    private static final Duration MAX_AGE = ExchangeLimits.DEFAULTS.directoryMaxAge();

    private TestPlane plane;

    @BeforeEach
    void start() throws Exception {
        plane = new TestPlane();
        plane.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    }

    @AfterEach
    void stop() throws Exception {
        plane.close();
    }

    @Test
    void keysAreTrustedAsLongAsTheDatabaseWasHeardLatelyEnough() throws Exception {
        plane.notHeardFor(MAX_AGE.minusMinutes(1));
        assertThat(plane.call("GET /tickets/a", "", "").status()).isEqualTo(200);
    }

    @Test
    void afterThatCallsAreRefusedAndNothingGoesUpstream() throws Exception {
        plane.notHeardFor(MAX_AGE.plusMinutes(1));
        Wire.Message refused = plane.call("GET /tickets/a", "", "");
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.text()).contains("directory_stale");
        assertThat(refused.header("retry-after")).isEqualTo("10");
        assertThat(plane.upstream.requests()).isEmpty();

        plane.forget();
        plane.upstream.answers((request, wire, number) -> wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        assertThat(plane.call("GET /tickets/a", "", "").status()).isEqualTo(200);
    }
}
