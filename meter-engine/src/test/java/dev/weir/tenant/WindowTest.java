package dev.weir.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            minute | UTC              | 2026-03-01T10:20:30.5Z | 2026-03-01T10:20:00Z | 2026-03-01T10:21:00Z
            hour   | UTC              | 2026-03-01T10:20:30Z   | 2026-03-01T10:00:00Z | 2026-03-01T11:00:00Z
            hour   | Asia/Kolkata     | 2026-03-01T10:20:30Z   | 2026-03-01T10:00:00Z | 2026-03-01T11:00:00Z
            day    | UTC              | 2026-03-01T00:00:00Z   | 2026-03-01T00:00:00Z | 2026-03-02T00:00:00Z
            day    | UTC              | 2026-03-01T23:59:59.999999999Z | 2026-03-01T00:00:00Z | 2026-03-02T00:00:00Z
            day    | UTC              | 2028-02-29T12:00:00Z   | 2028-02-29T00:00:00Z | 2028-03-01T00:00:00Z
            day    | UTC              | 2016-12-31T23:59:59Z   | 2016-12-31T00:00:00Z | 2017-01-01T00:00:00Z
            day    | Europe/Berlin    | 2026-03-29T12:00:00Z   | 2026-03-28T23:00:00Z | 2026-03-29T22:00:00Z
            day    | Europe/Berlin    | 2026-10-25T12:00:00Z   | 2026-10-24T22:00:00Z | 2026-10-25T23:00:00Z
            day    | America/New_York | 2026-11-01T05:30:00Z   | 2026-11-01T04:00:00Z | 2026-11-02T05:00:00Z
            day    | Asia/Kolkata     | 2026-03-01T18:30:00Z   | 2026-03-01T18:30:00Z | 2026-03-02T18:30:00Z
            day    | America/Havana   | 2026-03-08T12:00:00Z   | 2026-03-08T05:00:00Z | 2026-03-09T04:00:00Z
            month  | UTC              | 2026-02-28T23:00:00Z   | 2026-02-01T00:00:00Z | 2026-03-01T00:00:00Z
            month  | UTC              | 2028-02-29T23:00:00Z   | 2028-02-01T00:00:00Z | 2028-03-01T00:00:00Z
            month  | UTC              | 2026-12-31T23:00:00Z   | 2026-12-01T00:00:00Z | 2027-01-01T00:00:00Z
            month  | Europe/Berlin    | 2026-03-31T21:59:59Z   | 2026-02-28T23:00:00Z | 2026-03-31T22:00:00Z
            """)
    void aSpanIsHalfOpenAndHoldsItsMoment(String window, String zone, Instant moment, Instant start, Instant end) {
        Window.Span span = Window.byId(window).orElseThrow().span(moment, ZoneId.of(zone));
        assertThat(span).isEqualTo(new Window.Span(start, end));
        assertThat(span.holds(moment)).isTrue();
        assertThat(span.holds(start)).isTrue();
        assertThat(span.holds(end)).isFalse();
    }

    @Test
    void totalHoldsEverythingAndNeverEnds() {
        Window.Span span = Window.TOTAL.span(Instant.EPOCH, ZoneId.of("UTC"));
        assertThat(span.holds(Instant.parse("1900-01-01T00:00:00Z"))).isTrue();
        assertThat(span.ends()).isFalse();
    }

    /// In every zone there is, around every change of its clocks: spans follow each other without gap or overlap.
    @Test
    void spansTileTime() {
        long seed = Long.getLong("weir.seed", 20260301L);
        var random = new Random(seed);
        String[] zones = ZoneId.getAvailableZoneIds().stream().sorted().toArray(String[]::new);
        Instant from = Instant.parse("2000-01-01T00:00:00Z");
        for (int i = 0; i < 20_000; i++) {
            ZoneId zone = ZoneId.of(zones[random.nextInt(zones.length)]);
            Window window = Window.values()[random.nextInt(4)];
            Instant moment = from.plusSeconds(random.nextInt(40 * 365 * 86_400 / 2));
            if (random.nextBoolean()) {
                var change = zone.getRules().nextTransition(moment);
                moment = change == null ? moment : change.getInstant().plusSeconds(random.nextInt(7_200) - 3_600);
            }
            Window.Span span = window.span(moment, zone);
            String where = "seed " + seed + ": " + window + " of " + zone + " at " + moment + " is " + span;
            assertThat(span.holds(moment)).as(where).isTrue();
            assertThat(window.span(span.start(), zone)).as(where).isEqualTo(span);
            assertThat(window.span(span.end().minusNanos(1), zone)).as(where).isEqualTo(span);
            assertThat(window.span(span.end(), zone).start()).as(where).isEqualTo(span.end());
            if (window == Window.DAY) {
                assertThat(Duration.between(span.start(), span.end())).as(where)
                        .isBetween(Duration.ofHours(21), Duration.ofHours(49));
            }
        }
    }
}
