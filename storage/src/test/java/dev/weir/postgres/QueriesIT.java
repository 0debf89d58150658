package dev.weir.postgres;

import dev.weir.event.EventId;
import dev.weir.event.Flags;
import dev.weir.event.Flags.Flag;
import dev.weir.event.UsageEvent;
import dev.weir.money.Money;
import dev.weir.rollup.UsageTotal;
import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/// What is stored comes back, whole, in pages, and in sums that agree with each other.
final class QueriesIT {
    private static final TenantId ACME = new TenantId("acme");
    private final Postgres postgres = Postgres.open(TestServer.VERTX, TestServer.database());

    @AfterEach
    void close() {
        postgres.close();
    }

    @Test
    void anEventComesBackAsItWasKept() throws Exception {
        var random = new RandomEvents(21, Samples.NOW);
        List<KeptEvent> kept = random.kept(3, 200);
        postgres.store().store(RandomEvents.batch(kept));
        List<StoredEvent> stored = postgres.events().list(Scope.ALL, EventFilter.newest(1000)).items();
        assertThat(stored).hasSize(200);
        for (StoredEvent one : stored) {
            assertThat(one.event()).isEqualTo(kept.get((int) one.id().seq() - 1).event());
        }
    }

    @Test
    void pagesAreNewestFirstWithoutGapOrRepetition() throws Exception {
        List<KeptEvent> kept = new RandomEvents(22, Samples.NOW).kept(1, 95);
        postgres.store().store(RandomEvents.batch(kept));
        var seen = new ArrayList<StoredEvent>();
        EventFilter filter = EventFilter.newest(10);
        Events.Page page = postgres.events().list(Scope.ALL, filter);
        seen.addAll(page.items());
        while (page.next() != null) {
            var next = EventFilter.Cursor.parse(page.next().toString()).orElseThrow();
            page = postgres.events().list(Scope.ALL, filter.after(next));
            seen.addAll(page.items());
        }
        assertThat(seen.stream().map(StoredEvent::id).distinct()).hasSize(95);
        assertThat(seen).extracting(one -> one.event().time()).isSortedAccordingTo((a, b) -> b.compareTo(a));
    }

    @Test
    void eventsAreFilteredByRunKeyAndTime() throws Exception {
        var old = Samples.NOW.minus(Duration.ofDays(2));
        postgres.store()
                .store(Samples.batch(Samples.event("acme"),
                        Samples.event("acme", "openai", old, null, Samples.attribution("run-2")),
                        Samples.event("globex")));
        assertThat(count(Scope.ALL, EventFilter.newest(9).ofRun("run-1"))).isEqualTo(2);
        assertThat(count(Scope.of(ACME), EventFilter.newest(9).ofRun("run-1"))).isEqualTo(1);
        assertThat(count(Scope.ALL, EventFilter.newest(9).ofKey("key_acme"))).isEqualTo(2);
        assertThat(count(Scope.ALL, EventFilter.newest(9).between(Samples.NOW, null))).isEqualTo(2);
        assertThat(count(Scope.ALL, EventFilter.newest(9).between(null, Samples.NOW))).isEqualTo(1);
        assertThat(count(Scope.ALL, EventFilter.newest(9).between(old, old.plusNanos(1000)))).isEqualTo(1);
    }

    @Test
    void aCursorFromElsewhereIsNoCursor() {
        assertThat(EventFilter.Cursor.parse("bm9wZQ")).isEmpty();
        assertThat(EventFilter.Cursor.parse("%%%")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(value = Costs.GroupBy.class, mode = EnumSource.Mode.EXCLUDE, names = "TAG")
    void theLinesOfEveryGroupingSumToTheTotal(Costs.GroupBy group) throws Exception {
        postgres.store().store(RandomEvents.batch(new RandomEvents(23, Samples.NOW).kept(1, 150)));
        var days = new DayRange(Samples.today().from().minusDays(5), Samples.today().to());
        UsageTotal sum = postgres.costs()
                .by(Scope.ALL, days, group)
                .stream()
                .map(Costs.Line::total)
                .reduce(UsageTotal.NONE,
                        UsageTotal::plus);
        assertThat(sum).isEqualTo(postgres.costs().total(Scope.ALL, days));
        assertThat(sum.events()).isEqualTo(150);
    }

    @Test
    void costsAreExactToThePicoAndUnpricedIsNotZero() throws Exception {
        var day = Samples.today();
        postgres.store()
                .store(Samples.batch(event(Money.ofPicos(Long.MAX_VALUE)), event(Money.ofPicos(Long.MAX_VALUE)),
                        event(Money.ofPicos(1)), event(null)));
        UsageTotal total = postgres.costs().total(Scope.of(ACME), day);
        assertThat(total.costPicos())
                .isEqualTo(BigInteger.valueOf(Long.MAX_VALUE).multiply(BigInteger.TWO).add(BigInteger.ONE));
        assertThat(total.costUsd()).isEqualByComparingTo("18446744.073709551615");
        assertThat(total.unpriced()).isEqualTo(BigInteger.ONE);
        assertThat(postgres.costs().by(Scope.of(ACME), day, Costs.GroupBy.TAG)).singleElement()
                .satisfies(line -> assertThat(line.value()).isEqualTo("team=blue"));
    }

    @Test
    void aPeriodIsAYearAMonthOrADay() {
        assertThat(DayRange.parse("2028-02"))
                .hasValueSatisfying(range -> assertThat(range.to()).hasToString("2028-03-01"));
        assertThat(DayRange.parse("2026-12-31"))
                .hasValueSatisfying(range -> assertThat(range.to()).hasToString("2027-01-01"));
        assertThat(DayRange.parse("2026"))
                .hasValueSatisfying(range -> assertThat(range.from()).hasToString("2026-01-01"));
        assertThat(DayRange.parse("2026-13")).isEmpty();
        assertThat(DayRange.parse("2026-02-30")).isEmpty();
        assertThat(DayRange.parse("today")).isEmpty();
    }

    @Test
    void everyChangeOfTenantsAndKeysRaisesTheVersionAndIsInTheNextSnapshot() {
        long before = postgres.directory().version();
        assertThat(postgres.directory().newerThan(before)).isEmpty();
        assertThat(postgres.tenants().create(ACME, "free", "eu")).isPresent();
        assertThat(postgres.tenants().create(ACME, "pro", null)).isEmpty();
        var key = Samples.key("key_1", ACME);
        assertThat(postgres.keys().create(key)).hasValueSatisfying(row -> assertThat(row.key()).isEqualTo(key));
        var contents = postgres.directory().newerThan(before).orElseThrow();
        assertThat(contents.tenants()).extracting(TenantRow::plan).containsExactly("free");
        assertThat(contents.keys()).containsExactly(key);

        assertThat(postgres.keys().revoke(Scope.of(ACME), key.id())).isPresent();
        assertThat(postgres.tenants().changePlan(ACME, "pro")).isPresent();
        var after = postgres.directory().newerThan(contents.version()).orElseThrow();
        assertThat(after.keys()).singleElement().satisfies(one -> assertThat(one.revoked()).isTrue());
        assertThat(after.tenants()).extracting(TenantRow::plan).containsExactly("pro");
    }

    @Test
    void aKeyOfAnUnknownTenantIsNotMade() {
        assertThat(postgres.keys().create(Samples.key("key_1", new TenantId("nobody")))).isEmpty();
        assertThat(postgres.keys().find(Scope.ALL, Samples.keyId("key_1"))).isEmpty();
    }

    @Test
    void whatWasUsedIsSummedByWindowWithTheWatermarkOfTheSameMoment() throws Exception {
        Instant now = Instant.parse("2026-11-24T12:30:30Z");
        var times = List.of("2026-11-24T12:30:01Z", "2026-11-24T12:30:29Z", "2026-11-24T12:29:59Z",
                "2026-11-24T11:59:59Z",
                "2026-11-24T00:00:00Z", "2026-11-23T23:59:59Z", "2026-10-01T00:00:00Z", "2026-09-01T00:00:00Z");
        postgres.store()
                .store(Samples.batch(times.stream()
                        .map(time -> Samples.event("acme", "openai", Instant.parse(time), Money.ofPicos(2),
                                Samples.attribution("run-1")))
                        .toArray(UsageEvent[]::new)));
        var sums = postgres.counters().since(Instant.EPOCH, now, Duration.ofDays(1));
        assertThat(sums.watermarks()).containsExactly(new Counters.Watermark("n1", 1, 8));
        assertThat(sums.used()).extracting(one -> one.time() + " " + one.quantities().amount(Meter.TOKENS_IN))
                .containsExactlyInAnyOrder("2026-11-24T12:30:29Z 20", "2026-11-24T12:29:59Z 10",
                        "2026-11-24T11:59:59Z 20",
                        "2026-11-23T23:59:59Z 10", "2026-10-01T00:00:00Z 20");
        assertThat(sums.used()).allSatisfy(one -> {
            assertThat(one.model()).isEqualTo("gpt");
            assertThat(one.tags()).isEqualTo(Map.of("team", "blue"));
        });
        assertThat(postgres.counters().since(Instant.parse("2026-11-01T00:00:00Z"), now, Duration.ofMinutes(15)).used())
                .hasSize(5);
    }

    @Test
    void aCallIsPendingUntilItsUsageIsBooked() throws Exception {
        UsageEvent pending = flagged("call-1", Flag.USAGE_PENDING);
        postgres.store().store(Samples.batch(pending, flagged("call-2", Flag.USAGE_PENDING), Samples.event("acme")));
        assertThat(postgres.pending().of("n1", Samples.NOW.minusSeconds(9))).extracting(UsageEvent::callId)
                .containsExactlyInAnyOrder("call-1", "call-2");
        assertThat(postgres.pending().of("n2", Samples.NOW.minusSeconds(9))).isEmpty();
        assertThat(postgres.pending().of("n1", Samples.NOW.plusSeconds(1))).isEmpty();
        var booked = new KeptEvent(new EventId("n1", 1, 4), flagged("call-2", Flag.USAGE_DEFERRED));
        postgres.store().store(new Batch("n1", 1, List.of(booked)));
        assertThat(postgres.pending().of("n1", Samples.NOW.minusSeconds(9))).containsExactly(pending);
    }

    private static UsageEvent flagged(String callId, Flag flag) {
        UsageEvent event = Samples.event("acme");
        return new UsageEvent(callId, 1, event.time(), event.tenant(), event.key(), event.user(), event.route(),
                event.provider(), event.modelAsked(), event.modelAnswered(), event.region(), event.serviceTier(),
                "resp_" + callId, event.attribution(), event.quantities(), event.bytes(), 200, 200, 1, 1, 0, -1,
                event.outcome(), null, event.priceVersion(), event.cost(), Flags.NONE.with(flag));
    }

    @Test
    void hostileTextsAreStoredAndStayApart() throws Exception {
        String nul = "a\u0000b";
        String half = "x\ud800y";
        String longRun = "ü".repeat(5_000);
        var events = new ArrayList<KeptEvent>();
        for (String text : List.of(nul, half, longRun, longRun + "2", "'; DROP TABLE weir.tenants; --", "\u202e\n\t",
                "😀".repeat(900))) {
            var event = Samples.event("acme", "openai", Samples.NOW, null,
                    new dev.weir.event.Attribution(text, text, text, text, Map.of(text, text)));
            events.add(new KeptEvent(new EventId("n1", 1, events.size() + 1), withModel(event, text)));
        }
        postgres.store().store(new Batch("n1", 1, events));
        var runs = postgres.costs().by(Scope.of(ACME), Samples.today(), Costs.GroupBy.RUN);
        assertThat(runs).hasSize(events.size()).extracting(Costs.Line::value).contains("a\ufffdb", "x\ufffdy");
        assertThat(postgres.events().list(Scope.ALL, EventFilter.newest(99)).items()).hasSize(events.size());
    }

    private static UsageEvent withModel(UsageEvent event, String model) {
        return new UsageEvent(event.callId(), 1, event.time(), event.tenant(), event.key(), model, model, model, model,
                model,
                model, model, model, event.attribution(), event.quantities(), event.bytes(), 200, 200, 1, 1, 0, -1,
                event.outcome(), model, model, event.cost(), event.flags());
    }

    private static UsageEvent event(@org.jspecify.annotations.Nullable Money cost) {
        return Samples.event("acme", "openai", Samples.NOW, cost, Samples.attribution("run-1"));
    }

    private long count(Scope scope, EventFilter filter) {
        return postgres.events().list(scope, filter).items().size();
    }
}
