package dev.weir.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LedgerPropertyTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final List<Limit> LIMITS = List.of(
            Limit.block("flight", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 4),
            Limit.block("minute", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.MINUTE, 6),
            Limit.block("day", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 1_000),
            Limit.block("user", new Entity(Entity.Kind.USER, "*"), Measure.of(Meter.TOKENS), Window.HOUR, 300),
            Limit.notify("soft", Entity.THE_TENANT, Measure.of(Meter.COST), Window.TOTAL, 50));

    private static final Lanes OF_THREADS = Lanes.always(() -> (int) Thread.currentThread().threadId(), 8);

    static IntStream seeds() {
        return IntStream.range(0, 200);
    }

    /// The slow obvious ledger: a list of all that ever happened, added up at every question.
    private static final class Model {
        record Entry(Limit limit, String value, Window.Span span, long reserved, long settled) {}

        final Map<Integer, List<Entry>> calls = new HashMap<>();

        long used(Limit limit, String value, Instant now) {
            return calls.values()
                    .stream()
                    .flatMap(List::stream)
                    .filter(e -> e.limit == limit && e.value.equals(value) && e.span.holds(now))
                    .mapToLong(e -> e.reserved + e.settled)
                    .sum();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theLedgerAgreesWithAListOfAllThatHappened(int seed) {
        var random = new Random(seed);
        var ledger = Ledgers.watched(null, seed % 2 == 0 ? Lanes.ONE : Lanes.always(new Random(seed)::nextInt, 4));
        var model = new Model();
        var open = new HashMap<Integer, Reservation>();
        Instant now = Instant.parse("2026-03-01T23:00:00Z");
        for (int step = 0; step < 300; step++) {
            String where = "seed " + seed + " step " + step;
            now = now.plusSeconds(random.nextInt(40));
            if (random.nextInt(3) > 0) {
                reserve(random, ledger, model, open, now, step, where);
            } else if (!open.isEmpty()) {
                int call = open.keySet().stream().skip(random.nextInt(open.size())).findFirst().orElseThrow();
                end(random, ledger, model, call, open);
            }
            for (Limit limit : LIMITS) {
                for (String value : List.of("ann", "bob", "acme")) {
                    Standing standing = ledger.standing(ACME, limit, value, now);
                    assertThat(standing.settled() + standing.reserved()).as("%s %s/%s", where, limit.id(), value)
                            .isEqualTo(model.used(limit, value, now));
                    if (limit.blocks()) {
                        assertThat(standing.settled() + standing.reserved()).as(where)
                                .isLessThanOrEqualTo(limit.amount());
                    }
                }
            }
        }
        open.values().forEach(ledger::release);
        assertThat(ledger.openReservations()).isZero();
    }

    private static void reserve(Random random, Ledger ledger, Model model, Map<Integer, Reservation> open, Instant now,
            int call, String where) {
        String user = random.nextBoolean() ? "ann" : "bob";
        long fixed = random.nextInt(120);
        long min = random.nextInt(20);
        long max = min + random.nextInt(100);
        boolean fits = true;
        long units = max;
        var claims = new Claims(ACME, now, min, max);
        for (Limit limit : LIMITS) {
            boolean tokens = limit.measure().equals(Measure.of(Meter.TOKENS));
            long amount = tokens ? fixed : 1;
            long perUnit = tokens ? 2 : 0;
            String value = limit.entity().kind() == Entity.Kind.USER ? user : "acme";
            claims.add(limit, value, limit.blocks() ? amount : 0, perUnit);
            long room = limit.amount() - model.used(limit, value, now);
            if (limit.blocks()) {
                fits &= amount + perUnit * min <= room;
                units = perUnit == 0 ? units : Math.min(units, (room - amount) / perUnit);
            }
        }
        switch (ledger.reserve(claims)) {
            case Exceeded exceeded -> assertThat(fits).as(where + ": " + exceeded).isFalse();
            case Shortage shortage -> throw new AssertionError(where + ": " + shortage);
            case Reservation reservation -> {
                assertThat(fits).as(where).isTrue();
                assertThat(reservation.units()).as(where).isEqualTo(units);
                open.put(call, reservation);
                var entries = new ArrayList<Model.Entry>();
                for (Limit limit : LIMITS) {
                    boolean tokens = limit.measure().equals(Measure.of(Meter.TOKENS));
                    entries.add(new Model.Entry(limit, limit.entity().kind() == Entity.Kind.USER ? user : "acme",
                            limit.window().span(now, limit.zone()),
                            limit.blocks() ? tokens ? fixed + 2 * units : 1 : 0, 0));
                }
                model.calls.put(call, entries);
            }
        }
    }

    private static void end(Random random, Ledger ledger, Model model, int call, Map<Integer, Reservation> open) {
        Reservation reservation = open.remove(call);
        if (reservation == null) {
            throw new AssertionError("call " + call + " is not open");
        }
        if (random.nextInt(4) == 0) {
            ledger.release(reservation);
            model.calls.remove(call);
            return;
        }
        long cost = random.nextInt(30);
        long share = random.nextInt(101);
        List<Model.Entry> entries = model.calls.getOrDefault(call, List.of());
        long tokens = entries.get(2).reserved() * share / 100;
        ledger.settle(reservation, measure -> measure.equals(Measure.of(Meter.TOKENS))
                ? tokens
                : measure.equals(Measure.of(Meter.COST)) ? cost : 1);
        model.calls.put(call, entries.stream()
                .map(e -> new Model.Entry(e.limit(), e.value(), e.span(), 0,
                        e.limit().id().equals("soft")
                                ? cost
                                : e.limit().id().equals("flight") ? 0 : e.limit().id().equals("minute") ? 1 : tokens))
                .toList());
    }

    @Test
    void of2000ParallelCallsExactlyAsManyPassAsFit() throws Exception {
        Limit cap = Limit.block("cap", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 100);
        Limit user = Limit.block("user", new Entity(Entity.Kind.USER, "*"), Measure.of(Meter.CALLS), Window.DAY, 60);
        Instant now = Instant.parse("2026-03-01T12:00:00Z");
        for (int round = 0; round < 20; round++) {
            var ledger = Ledgers.watched(null, round % 2 == 0 ? Lanes.ONE : OF_THREADS);
            var passed = new AtomicInteger();
            var ended = new AtomicInteger();
            var gate = new CountDownLatch(1);
            try (var pool = Executors.newFixedThreadPool(8)) {
                for (int i = 0; i < 2_000; i++) {
                    String name = i % 2 == 0 ? "ann" : "bob";
                    pool.execute(() -> {
                        try {
                            gate.await();
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                        Claimed claimed = ledger
                                .reserve(Claims.fixed(ACME, now).add(user, name, 1).add(cap, "acme", 1));
                        if (claimed instanceof Reservation reservation) {
                            passed.incrementAndGet();
                            ledger.settle(reservation, _ -> 1);
                        }
                        ended.incrementAndGet();
                    });
                }
                gate.countDown();
            }
            assertThat(ended).hasValue(2_000);
            assertThat(passed).hasValue(100);
            assertThat(ledger.openReservations()).isZero();
            Standing standing = ledger.standing(ACME, cap, "acme", now);
            assertThat(standing.settled()).isEqualTo(100);
            assertThat(standing.reserved()).isZero();
        }
    }

    @Test
    void threadsThatReserveAndReleaseNeverExceedAndLeaveNothing() throws Exception {
        Limit cap = Limit.block("cap", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 500);
        Instant now = Instant.parse("2026-03-01T12:00:00Z");
        var ledger = Ledgers.watched(null, OF_THREADS);
        var over = new AtomicInteger();
        try (var pool = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 4_000; i++) {
                int seed = i;
                pool.execute(() -> {
                    var random = new Random(seed);
                    var claims = new Claims(ACME, now, 1, 200).add(cap, "acme", random.nextInt(100), 1);
                    if (ledger.reserve(claims) instanceof Reservation reservation) {
                        Standing standing = ledger.standing(ACME, cap, "acme", now);
                        if (standing.settled() + standing.reserved() > cap.amount()) {
                            over.incrementAndGet();
                        }
                        ledger.release(reservation);
                    }
                });
            }
        }
        assertThat(over).hasValue(0);
        assertThat(ledger.openReservations()).isZero();
        assertThat(ledger.standing(ACME, cap, "acme", now).reserved()).isZero();
    }

    @Test
    void sweepingForgetsEndedWindowsAndKeepsWhatIsHeld() {
        Limit user = Limit.block("user", new Entity(Entity.Kind.USER, "*"), Measure.of(Meter.CALLS), Window.MINUTE, 1);
        Instant now = Instant.parse("2026-03-01T12:00:00Z");
        var ledger = Ledgers.watched(null, Lanes.always(new AtomicInteger()::getAndIncrement, 2));
        var running = (Reservation) ledger.reserve(Claims.fixed(ACME, now).add(user, "ann", 1));
        ledger.settle((Reservation) ledger.reserve(Claims.fixed(ACME, now).add(user, "bob", 1)), _ -> 1);
        long hour = Duration.ofHours(1).toNanos();
        ledger.sweep(now.plusSeconds(3_600), hour);
        // A wall clock that jumps a day forward makes nothing older.
        ledger.sweep(now.plusSeconds(25 * 3_600), hour + 1);
        assertThat(ledger.standing(ACME, user, "bob", now).settled()).isEqualTo(1);
        ledger.sweep(now.plusSeconds(3 * 3_600), 3 * hour);
        assertThat(ledger.standing(ACME, user, "bob", now).settled()).isZero();
        assertThat(ledger.standing(ACME, user, "ann", now).reserved()).isEqualTo(1);
        ledger.settle(running, _ -> 1);
        assertThat(ledger.openReservations()).isZero();
    }

    @Test
    void theTightestLimitIsTheOneWithTheSmallestShareLeft() {
        Limit big = Limit.block("big", Entity.THE_TENANT, Measure.of(Meter.COST), Window.DAY, Limit.AMOUNT_MAX);
        Limit small = Limit.block("small", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 1_000);
        Instant now = Instant.parse("2026-03-01T12:00:00Z");
        var ledger = Ledgers.watched();
        var claims = new Claims(ACME, now, 0, 100).add(big, "acme", Limit.AMOUNT_MAX / 2, 1).add(small, "acme", 499, 1);
        var reservation = (Reservation) ledger.reserve(claims);
        Standing standing = reservation.tightest();
        assertThat(standing).isNotNull();
        assertThat(standing == null ? "" : standing.limit().id()).isEqualTo("big");
        assertThat(standing == null ? 0 : standing.remaining()).isEqualTo(Limit.AMOUNT_MAX / 2);
        ledger.release(reservation);
    }
}
