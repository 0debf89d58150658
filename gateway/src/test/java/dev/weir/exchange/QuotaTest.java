package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.disk.FileDisk;
import dev.weir.event.Attribution;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.UsageJournal.Append;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.spool.KeptEvent;
import dev.weir.spool.Pressure;
import dev.weir.spool.Spool;
import dev.weir.spool.SpoolConfig;
import dev.weir.usage.Quantities;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What calls see while a store takes nothing and the spool fills up: a real spool of half a mebibyte under a real data plane
/// (G5.2).
class QuotaTest {
    private static final int QUOTA = 2 * SpoolConfig.SEGMENT_BYTES_MIN;
    private static final byte[] BODY = "{}".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    private Spool spool;
    private TestPlane plane;
    private int filler;

    @BeforeEach
    void start() throws Exception {
        spool = Spool.open(
                SpoolConfig.of("n1", "boot").withSegmentBytes(SpoolConfig.SEGMENT_BYTES_MIN).withQuotaBytes(QUOTA),
                FileDisk.open(folder), new FaultyClock(), new Random(1)::nextBytes, event -> event);
        spool.work();
        plane = TestPlane.on(spool,
                "  later: {kind: connector, upstream: \"%1$s\", credential: sk-of-weir, allow-private: true, shed: true}\n");
        plane.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
            wire.send(BODY, 0, BODY.length);
        });
    }

    @AfterEach
    void stop() throws Exception {
        plane.close();
        spool.close();
    }

    @Test
    void atSeventyPercentAllCallsPass() throws Exception {
        fillUpTo(Pressure.WARN);

        assertThat(status("later")).isEqualTo(200);
        assertThat(status("tickets")).isEqualTo(200);
    }

    @Test
    void atNinetyPercentOnlyRoutesThatMayBeShedAreRefused() throws Exception {
        fillUpTo(Pressure.SHED);
        Wire.Message shed = plane.call("GET /later/a", "", "");

        assertThat(shed.status()).isEqualTo(503);
        assertThat(shed.text()).contains("spool_unavailable").contains("shed: true");
        assertThat(shed.header("retry-after")).isEqualTo("10");
        assertThat(status("tickets")).isEqualTo(200);
        assertThat(plane.upstream.requests()).hasSize(1);
        plane.quiet();
        assertThat(plane.ledger.openReservations()).isZero();
        assertThat(eventsOf("later")).hasSize(1).allSatisfy(event -> {
            assertThat(event.outcome()).isEqualTo(Outcome.REFUSED);
            assertThat(event.reasonCode()).isEqualTo("spool_unavailable");
            assertThat(event.cost()).isEqualTo(Money.ZERO);
        });
    }

    @Test
    void aFullSpoolRefusesAllAndDropsNothingAndTakesCallsAgainOnceTheStoreIsBack() throws Exception {
        fillUpTo(Pressure.REFUSE);
        long kept = spool.keptSeq();

        assertThat(status("later")).isEqualTo(503);
        assertThat(status("tickets")).isEqualTo(503);
        assertThat(plane.upstream.requests()).isEmpty();
        spool.sync();
        assertThat(events()).hasSize((int) kept);

        spool.stored(spool.epoch(), kept);
        spool.work();
        assertThat(spool.pressure()).isEqualTo(Pressure.NORMAL);
        assertThat(status("later")).isEqualTo(200);
        assertThat(status("tickets")).isEqualTo(200);
    }

    private int status(String route) throws IOException {
        return plane.call("GET /" + route + "/a", "", "").status();
    }

    /// A refusal that does not fit any more is what makes it full.
    private void fillUpTo(Pressure level) {
        while (spool.pressure().compareTo(level) < 0) {
            var event = filler(++filler);
            spool.sync();
            spool.work();
            if (spool.refuse(event) instanceof Append.NotKept) {
                return;
            }
        }
    }

    private static UsageEvent filler(int number) {
        return new UsageEvent("filler-" + number, 1, java.time.Instant.parse("2026-11-24T12:00:00Z"), TestPlane.ACME,
                null, null, "tickets", "tickets", null, null, null, null, null, Attribution.NONE, Quantities.NONE,
                WireBytes.NONE, 429, 0, 0, -1, 0, -1, Outcome.BLOCKED, "cap_exceeded", null, Money.ZERO, Flags.NONE);
    }

    private List<UsageEvent> eventsOf(String route) throws IOException {
        spool.sync();
        return events().stream().map(KeptEvent::event).filter(event -> event.route().equals(route)).toList();
    }

    private List<KeptEvent> events() throws IOException {
        try (var reader = spool.read(spool.epoch(), 0)) {
            return reader.read(Integer.MAX_VALUE);
        }
    }
}
