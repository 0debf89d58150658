package dev.weir.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.port.Clock;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Parts under real threads, and when there are any.
class PartsTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Limit CALLS = Limit.block("calls", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY,
            600);
    private static final Limit TOKENS = Limit.block("tokens", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY,
            1_000_000);
    private static final IntSupplier THREAD = () -> (int) Thread.currentThread().threadId();
    private static final int THREADS = 8;

    private static Claims claims() {
        return Claims.fixed(ACME, NOW).add(CALLS, "acme", 1).add(TOKENS, "acme", 7);
    }

    /// Eight threads at a cap: each ends the calls of all others as well as its own.
    @ParameterizedTest
    @ValueSource(ints = {0, 2, 8})
    void exactlyAsManyPassAsFitAndEachMarkIsReportedOnce(int partsFirst) throws InterruptedException {
        for (int round = 0; round < 100; round++) {
            var ledger = Ledgers.leftToItsMaker(null, new Lanes(THREAD, partsFirst, 8, 1 + round % 4));
            var passed = new AtomicInteger();
            var released = new AtomicInteger();
            Map<String, Integer> crossings = new ConcurrentHashMap<>();
            var running = new ConcurrentLinkedQueue<Reservation>();
            var gate = new CountDownLatch(1);
            try (var threads = Executors.newFixedThreadPool(THREADS)) {
                for (int i = 0; i < THREADS; i++) {
                    threads.submit(() -> {
                        gate.await();
                        for (int call = 0; call < 150; call++) {
                            if (ledger.reserve(claims()) instanceof Reservation reservation) {
                                passed.incrementAndGet();
                                running.add(reservation);
                            }
                            Reservation other = ThreadLocalRandom.current().nextBoolean() ? running.poll() : null;
                            if (other != null && ThreadLocalRandom.current().nextInt(8) == 0) {
                                ledger.release(other);
                                released.incrementAndGet();
                            } else if (other != null) {
                                note(crossings, ledger.settle(other, _ -> Ledger.AS_RESERVED));
                            }
                        }
                        return null;
                    });
                }
                gate.countDown();
            }
            running.forEach(each -> note(crossings, ledger.settle(each, _ -> Ledger.AS_RESERVED)));
            check(ledger, passed.get(), released.get(), crossings);
        }
    }

    private static void note(Map<String, Integer> crossings, Settlement settlement) {
        settlement.crossings()
                .forEach(
                        crossing -> crossings.merge(crossing.limit().id() + "@" + crossing.percent(), 1, Integer::sum));
    }

    private static void check(Ledger ledger, int passed, int released, Map<String, Integer> crossings) {
        // What was released had room again, perhaps after the last thread had asked: then there is room for just that.
        int after = 0;
        while (ledger.reserve(claims()) instanceof Reservation reservation) {
            note(crossings, ledger.settle(reservation, _ -> Ledger.AS_RESERVED));
            after++;
        }
        assertThat(passed - released + after).isEqualTo(600);
        assertThat(after).isLessThanOrEqualTo(released);
        assertThat(ledger.openReservations()).isZero();
        assertThat(ledger.standing(ACME, CALLS, "acme", NOW).settled()).isEqualTo(600);
        assertThat(ledger.standing(ACME, TOKENS, "acme", NOW).settled()).isEqualTo(4_200);
        assertThat(ledger.standings(ACME, NOW)).allMatch(standing -> standing.reserved() == 0);
        assertThat(crossings).isEqualTo(Map.of("calls@75", 1, "calls@90", 1, "calls@100", 1));
        // Nothing is left at any part.
        var all = Claims.fixed(ACME, NOW).add(TOKENS, "acme", 1_000_000 - 4_200);
        assertThat(ledger.reserve(all)).isInstanceOf(Reservation.class);
    }

    /// At every moment, as a reader sees it, the sum is within the cap.
    @Test
    void whoReadsNeverSeesMoreThanTheCap() throws InterruptedException {
        var ledger = Ledgers.leftToItsMaker(null, Lanes.always(THREAD, 4));
        var running = new AtomicBoolean(true);
        var most = new AtomicLong();
        try (var threads = Executors.newFixedThreadPool(THREADS)) {
            for (int i = 0; i < 3; i++) {
                threads.submit(() -> {
                    while (running.get()) {
                        var claims = new Claims(ACME, NOW, 1, 90).add(CALLS, "acme", 3, 1);
                        if (ledger.reserve(claims) instanceof Reservation reservation) {
                            ledger.release(reservation);
                        }
                    }
                });
            }
            for (int look = 0; look < 5_000; look++) {
                Standing standing = ledger.standing(ACME, CALLS, "acme", NOW);
                most.accumulateAndGet(standing.settled() + standing.reserved(), Math::max);
            }
            running.set(false);
        }
        assertThat(most.get()).isLessThanOrEqualTo(CALLS.amount());
        assertThat(ledger.standing(ACME, CALLS, "acme", NOW).reserved()).isZero();
    }

    @Test
    @Timeout(60)
    void aTenantIsCountedInPartsOnceItsLockIsContended() throws InterruptedException {
        var ledger = Ledgers.leftToItsMaker(null, Lanes.of(THREAD, 2));
        var divided = new AtomicBoolean();
        try (var threads = Executors.newFixedThreadPool(2)) {
            for (int i = 0; i < 2; i++) {
                threads.submit(() -> {
                    while (!divided.get()) {
                        var reservation = (Reservation) ledger.reserve(claims());
                        if (reservation.home != null) {
                            divided.set(true);
                        }
                        ledger.release(reservation);
                    }
                });
            }
        }
        assertThat(divided).isTrue();
        assertThat(ledger.openReservations()).isZero();
    }

    @Test
    void aTenantThatNobodyContendsForStaysBehindOneLock() {
        var ledger = Ledgers.leftToItsMaker(null, Lanes.of(THREAD, 2));
        for (int call = 0; call < 1_000; call++) {
            var reservation = (Reservation) ledger.reserve(claims());
            assertThat(reservation.home).isNull();
            ledger.release(reservation);
        }
    }

    @Test
    void wherePartsAreMetOftenThereAreTwiceAsManyAndTheCallsOfTheFormerEndWell() throws InterruptedException {
        var ledger = Ledgers.leftToItsMaker(null, new Lanes(THREAD, 2, 8, 1));
        var first = reserveAtAPart(ledger);
        Part former = first.home;
        assertThat(former).isNotNull();
        if (former != null) {
            meet(former);
        }
        var second = reserveAtAPart(ledger);
        assertThat(second.home).isNotSameAs(former);
        assertThat(ledger.openReservations()).isEqualTo(2);
        ledger.settle(first, _ -> Ledger.AS_RESERVED);
        ledger.release(second);
        assertThat(ledger.openReservations()).isZero();
        assertThat(ledger.standing(ACME, CALLS, "acme", NOW).settled()).isEqualTo(1);
        assertThatThrownBy(() -> ledger.release(first)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ledger.release(second)).isInstanceOf(IllegalStateException.class);
        assertThat(ledger.openReservations()).isZero();
    }

    private static Reservation reserveAtAPart(Ledger ledger) {
        var reservation = (Reservation) ledger.reserve(claims());
        while (reservation.home == null) {
            ledger.release(reservation);
            reservation = (Reservation) ledger.reserve(claims());
        }
        return reservation;
    }

    /// Has many threads find the part taken.
    private static void meet(Part part) throws InterruptedException {
        boolean crowded = false;
        while (!crowded) {
            part.lock();
            var other = Thread.ofPlatform().start(() -> {
                part.lock();
                part.unlock();
            });
            while (other.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            part.unlock();
            other.join();
            part.lock();
            crowded = part.isCrowded();
            part.unlock();
        }
    }

    @Test
    void nearACapNothingIsGivenToParts() {
        var ledger = Ledgers.leftToItsMaker(null, new Lanes(() -> 0, 4, 4, 4));
        List<Reservation> held = new ArrayList<>();
        Claimed claimed = ledger.reserve(claims());
        while (claimed instanceof Reservation reservation) {
            held.add(reservation);
            claimed = ledger.reserve(claims());
        }
        assertThat(held).hasSize(600);
        assertThat(held.get(1).home).isNotNull();
        // Parts may not pass the alert at 450: at 418 a share, an eighth of what is left, is less than four calls.
        assertThat(held.subList(430, 600)).filteredOn(each -> each.home != null).isEmpty();
    }

    /// What the records say may be less than what was counted, so less than a mark that was reported.
    @Test
    void aMarkThatIsReachedAgainIsSeenByOtherPartsAtOnce() {
        var lane = new AtomicInteger();
        var ledger = Ledgers.leftToItsMaker(null, Lanes.always(lane::get, 2));
        ledger.restore(ACME, CALLS, "acme", NOW, 550, 1);
        ledger.restore(ACME, CALLS, "acme", NOW, 440, 2);
        var running = reserveAtAPart(ledger);
        lane.set(1);
        for (int call = 0; call < 10; call++) {
            ledger.settle((Reservation) ledger.reserve(claims()), _ -> Ledger.AS_RESERVED);
        }
        assertThat(ledger.standings(running, standing -> standing.alertReached() >= 75)).hasSize(1);
    }

    @Test
    void aCallUnderTheFormerAmountCannotHideAMarkOfTheNewOne() {
        var ledger = Ledgers.leftToItsMaker(null, Lanes.always(() -> 0, 1));
        Limit former = Limit.block("tokens", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 9_000_000);
        var early = (Reservation) ledger.reserve(Claims.fixed(ACME, NOW).add(former, "acme", 7));
        reserveAtAPart(ledger);
        assertThat(ledger.settle(early, _ -> 740_000).crossings()).isEmpty();
        var late = (Reservation) ledger.reserve(Claims.fixed(ACME, NOW).add(TOKENS, "acme", 20_000));
        assertThat(ledger.settle(late, _ -> 20_000).crossings()).extracting(Crossing::percent).containsExactly(75);
    }

    /// Calls that no part can take, because of another limit, use a cap up of which parts hold some.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatPartsHoldIsNotGivenTwice(boolean shared) {
        var lane = new AtomicInteger();
        var lending = new Lending(new Standstill(), 0);
        lending.extend(1, 1);
        var ledger = Ledgers.leftToItsMaker(shared ? lending : null, Lanes.always(lane::get, 2));
        Limit one = Limit.block("one", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 1);
        Limit cap = new Limit("cap", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, ZoneOffset.UTC, 1_000,
                Limit.Action.BLOCK, List.of());
        lendAll(ledger, one);
        lendAll(ledger, cap);
        Supplier<Claims> small = () -> Claims.fixed(ACME, NOW).add(cap, "acme", 1);
        int passed = 0;
        for (int call = 0; call < 4; call++) {
            lane.set(call % 2);
            assertThat(ledger.reserve(small.get())).isInstanceOf(Reservation.class);
            passed++;
        }
        for (int call = 0; call < 9; call++) {
            Claimed claimed = ledger.reserve(Claims.fixed(ACME, NOW).add(one, "acme", 1).add(cap, "acme", 100));
            ledger.settle((Reservation) claimed, _ -> Ledger.AS_RESERVED);
            passed += 100;
        }
        int refused = 0;
        while (refused < 2) {
            lane.set(refused);
            boolean admitted = ledger.reserve(small.get()) instanceof Reservation;
            passed += admitted ? 1 : 0;
            refused += admitted ? 0 : 1;
        }
        assertThat(passed).isEqualTo(1_000);
    }

    private static void lendAll(Ledger ledger, Limit limit) {
        ledger.lend(new Holding(ACME, limit, "acme", limit.window().span(NOW, limit.zone()), 0, 0, limit.amount(), 0, 0,
                0, 0));
    }

    /// A clock that stands still.
    private static final class Standstill implements Clock {
        @Override
        public Instant now() {
            return NOW;
        }

        @Override
        public long nanoTime() {
            return 0;
        }
    }

    @Test
    void aRunningCallMayTakeMoreThanItsPartHas() {
        var ledger = Ledgers.leftToItsMaker(null, Lanes.always(() -> 0, 1));
        var running = reserveAtAPart(ledger);
        assertThat(ledger.extend(running, Measure.of(Meter.CALLS), 400)).isSameAs(running);
        int passed = 0;
        while (ledger.reserve(claims()) instanceof Reservation) {
            passed++;
        }
        assertThat(passed).isEqualTo(600 - 401);
    }

    /// As a thread would that read the home just before another had it counted by the shard.
    @Test
    void aPartRefusesAReservationThatIsItsNoMore() {
        var ledger = Ledgers.leftToItsMaker(null, Lanes.always(() -> 0, 1));
        var running = reserveAtAPart(ledger);
        Part home = running.home;
        ledger.keep(ACME, CALLS, "acme", CALLS.window().span(NOW, CALLS.zone()), Long.MAX_VALUE);
        ledger.shrink(running, _ -> Ledger.AS_RESERVED);
        assertThat(running.home).isNull();
        assertThat(reserveAtAPart(ledger).home).isSameAs(home);
        assertThat(home != null && home.release(running)).isFalse();
        ledger.release(running);
        assertThat(ledger.openReservations()).isEqualTo(1);
    }

    @Test
    void aReservationEndsOnceWhereverItIsCounted() {
        var ledger = Ledgers.leftToItsMaker(null, Lanes.always(() -> 0, 1));
        var ended = reserveAtAPart(ledger);
        ledger.release(ended);
        assertThatThrownBy(() -> ledger.release(ended)).isInstanceOf(IllegalStateException.class);
        ledger.keep(ACME, CALLS, "acme", CALLS.window().span(NOW, CALLS.zone()), Long.MAX_VALUE);
        assertThatThrownBy(() -> ledger.release(ended)).isInstanceOf(IllegalStateException.class);
        assertThat(ledger.openReservations()).isZero();
    }

    @Test
    void aCounterOfWhichAPartHoldsSomethingIsNotForgotten() {
        var ledger = Ledgers.leftToItsMaker(null, Lanes.always(() -> 0, 1));
        var running = reserveAtAPart(ledger);
        for (int days = 2; days < 5; days++) {
            ledger.sweep(NOW.plus(Duration.ofDays(days)), Duration.ofDays(days).toNanos());
        }
        assertThat(ledger.standing(ACME, CALLS, "acme", NOW).reserved()).isEqualTo(1);
        ledger.settle(running, _ -> Ledger.AS_RESERVED);
        assertThat(ledger.standing(ACME, CALLS, "acme", NOW).settled()).isEqualTo(1);
    }

    @Test
    void whatPartsHoldIsIdleAndUsedOnlyWhileTheLeaseLasts() {
        var lending = new Lending(new Standstill(), 0);
        lending.extend(1, 1);
        var ledger = Ledgers.leftToItsMaker(lending, Lanes.always(() -> 0, 1));
        lendAll(ledger, CALLS);
        lendAll(ledger, TOKENS);
        var running = reserveAtAPart(ledger);
        assertThat(ledger.want(running, Measure.of(Meter.CALLS), 599)).isFalse();
        assertThat(ledger.want(running, Measure.of(Meter.CALLS), 600)).isTrue();
        var other = reserveAtAPart(ledger);
        lending.end();
        assertThat(ledger.extend(other, Measure.of(Meter.CALLS), 1)).isInstanceOf(Exceeded.class);
        assertThat(ledger.reserve(claims())).isInstanceOf(Shortage.class);
        ledger.settle(other, _ -> Ledger.AS_RESERVED);
    }

    @Test
    void aPartCannotGoOnWithARunThatWasDropped() {
        var lane = new AtomicInteger();
        var ledger = Ledgers.leftToItsMaker(null, Lanes.always(lane::get, 2));
        Limit minute = Limit.block("minute", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.MINUTE, 600);
        Supplier<Claims> call = () -> Claims.fixed(ACME, NOW).add(minute, "acme", 1);
        ledger.reserve(call.get());
        ledger.reserve(call.get());
        lane.set(1);
        for (int later = 1; later <= 3; later++) {
            ledger.reserve(Claims.fixed(ACME, NOW.plusSeconds(60 * later)).add(minute, "acme", 1));
        }
        lane.set(0);
        ledger.reserve(call.get());
        assertThat(ledger.standing(ACME, minute, "acme", NOW.plusSeconds(60)).reserved()).isEqualTo(2);
    }

    @Test
    void lanesAreCheckedWhenTheyAreMade() {
        assertThatThrownBy(() -> new Lanes(THREAD, 3, 4, 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3");
        assertThatThrownBy(() -> new Lanes(THREAD, 4, 2, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Lanes(THREAD, 0, 2, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Lanes.of(THREAD, 1).partsMost()).isEqualTo(4);
        assertThat(Lanes.of(THREAD, 2).partsMost()).isEqualTo(8);
        assertThat(Lanes.of(THREAD, 6).partsMost()).isEqualTo(32);
    }
}
