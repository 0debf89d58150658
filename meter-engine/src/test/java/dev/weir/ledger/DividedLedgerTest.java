package dev.weir.ledger;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A ledger in parts beside one behind a single lock: whatever is done to both, by whichever lane, both say the same.
class DividedLedgerTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final Measure TOKENS = Measure.of(Meter.TOKENS);
    private static final List<String> NAMES = List.of("ann", "bob");

    static IntStream seeds() {
        return IntStream.range(0, 400);
    }

    /// One history, told to both.
    private static final class Twins {
        final String where;
        final Random random;
        final boolean shared;
        final long scale;
        final Moving clock = new Moving();
        final Ledger plain;
        final Ledger divided;
        final List<Limit> limits = new ArrayList<>();
        /// The limits as they were: callers that were identified before still bring them.
        private final Map<Integer, Limit> former = new HashMap<>();
        final List<Open> open = new ArrayList<>();
        private final List<Lending> lendings = new ArrayList<>();
        private long version;
        int admitted;
        int atParts;
        int crossed;
        int refused;

        /// One reservation in both ledgers.
        record Open(Reservation plain, Reservation divided) {}

        Twins(int seed) {
            // Near seeds begin alike.
            random = new Random(seed * 0x9E37_79B9_7F4A_7C15L);
            where = "seed " + seed;
            shared = random.nextBoolean();
            scale = List.of(1L, 1L, 20L, 1_000_000L).get(random.nextInt(4));
            var lanes = new Random(random.nextLong());
            int parts = 1 << random.nextInt(4);
            plain = Ledgers.leftToItsMaker(lending(), Lanes.ONE);
            divided = Ledgers.leftToItsMaker(lending(), random.nextBoolean()
                    ? Lanes.always(lanes::nextInt, parts)
                    : new Lanes(lanes::nextInt, parts, parts, 4));
            long calls = List.of(10L, 100L, 1_000L).get(random.nextInt(3));
            limits.add(Limit.block("flight", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 4 + calls));
            limits.add(Limit.block("minute", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.MINUTE, 20 + calls));
            limits.add(Limit.block("day", Entity.THE_TENANT, TOKENS, Window.DAY, 80 * calls * scale));
            limits.add(Limit.block("user", new Entity(Entity.Kind.USER, "*"), TOKENS, Window.HOUR, 50 * calls * scale));
            limits.add(Limit.notify("soft", Entity.THE_TENANT, Measure.of(Meter.COST), Window.HOUR, 7 * calls * scale));
            limits.forEach(limit -> lendAll(limit));
        }

        private void lendAll(Limit limit) {
            for (String value : limit.entity().kind() == Entity.Kind.USER ? NAMES : List.of("acme")) {
                var all = new Holding(ACME, limit, value, limit.window().span(clock.now(), limit.zone()), 0, 0,
                        limit.amount(), 0, 0, 0, 0);
                plain.lend(all);
                divided.lend(all);
            }
        }

        private @Nullable Lending lending() {
            if (!shared) {
                return null;
            }
            var lending = new Lending(clock, 10_000);
            lending.extend(Duration.ofDays(365).toNanos(), 2);
            lendings.add(lending);
            return lending;
        }

        <T> T both(Function<Ledger, T> what, String name) {
            T expected = what.apply(plain);
            assertThat(what.apply(divided)).as("%s: %s", where, name).isEqualTo(expected);
            return expected;
        }

        String value(Limit limit) {
            return limit.entity().kind() == Entity.Kind.USER ? NAMES.get(random.nextInt(NAMES.size())) : "acme";
        }

        Limit any() {
            return limits.get(random.nextInt(limits.size()));
        }

        void step() {
            int what = random.nextInt(100);
            if (what < 40) {
                reserve();
            } else if (what < 88) {
                onOpen();
            } else if (what < 89) {
                changeTerms();
            } else if (what < 91) {
                lend();
            } else if (what < 93) {
                count();
            } else if (what < 98) {
                compareSome();
            } else {
                clock.pass(switch (random.nextInt(12)) {
                    case 0 -> random.nextInt(200_000) - 50_000;
                    case 1, 2, 3 -> random.nextInt(600) - 300;
                    default -> random.nextInt(20);
                });
                limits.forEach(limit -> lendAll(limit));
            }
        }

        private void reserve() {
            String user = NAMES.get(random.nextInt(NAMES.size()));
            long fixed = random.nextLong(60 * scale);
            long least = random.nextLong(20 * scale);
            long most = least + (random.nextInt(8) == 0 ? 0 : random.nextLong(60 * scale));
            int which = random.nextInt(8);
            var answered = random.nextInt(10) == 0
                    ? Claims.Answered.values()[random.nextInt(3)]
                    : Claims.Answered.NOT_ASKED;
            boolean late = random.nextInt(3) == 0;
            Claimed expected = plain.reserve(claims(user, fixed, least, most, which, late).answered(answered));
            Claimed claimed = divided.reserve(claims(user, fixed, least, most, which, late).answered(answered));
            if (expected instanceof Reservation first && claimed instanceof Reservation second) {
                assertThat(second.units()).as(where).isEqualTo(first.units());
                assertThat(second.isOverdrawn()).as(where).isEqualTo(first.isOverdrawn());
                checkTightest(first.tightest(), second.tightest());
                open.add(new Open(first, second));
                admitted++;
                atParts += second.home == null ? 0 : 1;
            } else {
                assertThat(claimed).as(where).isEqualTo(expected);
                refused++;
                if (expected instanceof Exceeded exceeded) {
                    plain.refused(ACME, exceeded);
                    divided.refused(ACME, exceeded);
                }
            }
        }

        /// What a caller is told may be late, but never absurd.
        private void checkTightest(@Nullable Standing expected, @Nullable Standing told) {
            assertThat(told == null).as(where).isEqualTo(expected == null);
            if (told != null && expected != null) {
                assertThat(told.settled()).as(where).isNotNegative();
                assertThat(told.reserved()).as(where).isNotNegative();
                assertThat(told.remaining()).as(where).isLessThanOrEqualTo(told.limit().amount());
            }
        }

        private Claims claims(String user, long fixed, long least, long most, int which, boolean late) {
            var claims = new Claims(ACME, clock.now(), least, most);
            for (int i = 0; i < limits.size(); i++) {
                Limit limit = late ? former.getOrDefault(i, limits.get(i)) : limits.get(i);
                if (which != i) {
                    boolean tokens = limit.measure().equals(TOKENS);
                    boolean blocks = limit.blocks();
                    claims.add(limit, limit.entity().kind() == Entity.Kind.USER ? user : "acme",
                            blocks ? tokens ? fixed : 1 : 0, blocks && tokens ? 1 : 0);
                }
            }
            return claims;
        }

        private void onOpen() {
            if (open.isEmpty()) {
                return;
            }
            Open one = open.get(random.nextInt(open.size()));
            switch (random.nextInt(10)) {
                case 0 -> {
                    long more = random.nextLong(30 * scale);
                    Claimed expected = plain.extend(one.plain, TOKENS, more);
                    Claimed claimed = divided.extend(one.divided, TOKENS, more);
                    if (expected instanceof Reservation) {
                        assertThat(claimed).as(where).isSameAs(one.divided);
                    } else {
                        assertThat(claimed).as(where).isEqualTo(expected);
                    }
                }
                case 1 -> {
                    long bound = random.nextLong(60 * scale);
                    plain.shrink(one.plain, _ -> bound);
                    divided.shrink(one.divided, _ -> bound);
                }
                case 2 -> {
                    ToLongFunction<Measure> used = used(one);
                    Settlement expected = plain.settleButFor(one.plain, used, TOKENS::equals);
                    check(expected, divided.settleButFor(one.divided, used, TOKENS::equals));
                }
                case 3 -> {
                    open.remove(one);
                    plain.release(one.plain);
                    divided.release(one.divided);
                }
                default -> {
                    open.remove(one);
                    ToLongFunction<Measure> used = used(one);
                    Settlement expected = plain.settle(one.plain, used);
                    check(expected, divided.settle(one.divided, used));
                }
            }
        }

        private void check(Settlement expected, Settlement settlement) {
            assertThat(settlement).as(where).isEqualTo(expected);
            crossed += expected.crossings().size();
        }

        /// Mostly less than was reserved, now and then more.
        private ToLongFunction<Measure> used(Open one) {
            long tokens = random.nextInt(30) == 0
                    ? random.nextLong(200 * scale)
                    : random.nextInt(4) == 0 ? Ledger.AS_RESERVED : leastReserved(one) * random.nextInt(101) / 100;
            long cost = random.nextLong(20 * scale);
            return measure -> measure.equals(TOKENS) ? tokens : measure.equals(Measure.of(Meter.COST)) ? cost : 1;
        }

        private static long leastReserved(Open one) {
            long least = Long.MAX_VALUE;
            for (int i = 0; i < one.plain.size; i++) {
                if (one.plain.limits[i].measure().equals(TOKENS)) {
                    least = Math.min(least, one.plain.reserved[i]);
                }
            }
            return least == Long.MAX_VALUE ? 0 : least;
        }

        /// A limit's amount or marks change, its scope under the same id, or it is forgotten.
        private void changeTerms() {
            int which = 1 + random.nextInt(limits.size() - 1);
            Limit was = limits.get(which);
            former.put(which, was);
            switch (random.nextInt(6)) {
                case 0 -> limits.set(which, with(was, was.amount() * (50 + random.nextInt(120)) / 100, was.alerts()));
                case 1 -> limits.set(which, with(was, was.amount(),
                        random.nextBoolean() ? List.of() : List.of(10, 20, 50, 99)));
                case 2 -> limits.set(which, with(was, was.amount(), was.alerts()));
                case 3 -> limits.set(which, new Limit(was.id(), was.entity(), was.measure(), Window.DAY, was.zone(),
                        was.amount(), was.action(), was.alerts()));
                case 4 -> {
                    plain.forget(ACME, was);
                    divided.forget(ACME, was);
                }
                default -> {
                    plain.sweep(clock.now(), clock.nanoTime());
                    divided.sweep(clock.now(), clock.nanoTime());
                }
            }
        }

        private static Limit with(Limit was, long amount, List<Integer> alerts) {
            return new Limit(was.id(), was.entity(), was.measure(), was.window(), ZoneOffset.UTC, amount, was.action(),
                    alerts);
        }

        private void lend() {
            Limit limit = any();
            String value = value(limit);
            Window.Span span = limit.window().span(clock.now(), limit.zone());
            if (shared && random.nextInt(20) == 0) {
                lendings.forEach(Lending::end);
            } else if (shared) {
                lendings.forEach(each -> each.extend(Duration.ofDays(3650).toNanos(), 2));
            }
            if (random.nextInt(3) > 0) {
                long idle = random.nextInt(4) > 0 ? Long.MAX_VALUE : random.nextLong(limit.amount());
                both(ledger -> ledger.keep(ACME, limit, value, span, idle), "keep");
            } else {
                long elsewhere = random.nextLong(limit.amount() / 4 + 1);
                Holding own = both(ledger -> ledger.holding(ACME, limit, value, span), "holding");
                var heard = new Holding(ACME, limit, value, span, 0, 0,
                        Math.max(own.settled() + own.reserved(), limit.amount() - elsewhere),
                        random.nextInt(5) == 0 ? 1 : 0, elsewhere, elsewhere / 2, 0);
                plain.lend(heard);
                divided.lend(heard);
            }
            // Where nothing is lent nobody asks.
            if (shared && !open.isEmpty()) {
                Open one = open.get(random.nextInt(open.size()));
                long more = random.nextLong(100 * scale);
                boolean expected = plain.want(one.plain, TOKENS, more);
                assertThat(divided.want(one.divided, TOKENS, more)).as(where).isEqualTo(expected);
            }
        }

        private void count() {
            Limit limit = any();
            String value = value(limit);
            long used = random.nextLong(20 * scale);
            if (random.nextBoolean()) {
                plain.charge(ACME, limit, value, clock.now(), used);
                divided.charge(ACME, limit, value, clock.now(), used);
            } else {
                long restored = random.nextLong(limit.amount() / 2 + 1);
                version += random.nextInt(3);
                both(ledger -> ledger.restore(ACME, limit, value, clock.now(), restored, version), "restored");
            }
        }

        private void compareSome() {
            Limit limit = any();
            String value = value(limit);
            Window.Span span = limit.window().span(clock.now(), limit.zone());
            // Whoever counts the parts together hides from the next whether that did.
            switch (random.nextInt(7)) {
                case 0 -> both(ledger -> ledger.standing(ACME, limit, value, clock.now()), "standing");
                case 1 -> both(ledger -> ledger.holding(ACME, limit, value, span), "holding");
                case 2 -> both(ledger -> ledger.standings(ACME, clock.now()), "standings");
                case 3 -> both(ledger -> ledger.holdings(clock.now()), "holdings");
                case 4 -> both(Ledger::runs, "runs");
                case 5 -> both(Ledger::openReservations, "open");
                default -> compareMarks();
            }
        }

        /// Which alert marks a running call's limits have reached is the same at any time.
        private void compareMarks() {
            for (Open one : open) {
                List<Standing> expected = plain.standings(one.plain, standing -> standing.alertReached() > 0);
                List<Standing> told = divided.standings(one.divided, standing -> standing.alertReached() > 0);
                assertThat(told).as(where)
                        .extracting(standing -> standing.limit().id() + "@" + standing.alertReached())
                        .isEqualTo(expected.stream()
                                .map(standing -> standing.limit().id() + "@" + standing.alertReached())
                                .toList());
            }
        }

        void compareAll() {
            both(ledger -> ledger.standings(ACME, clock.now()), "standings");
            both(ledger -> ledger.holdings(clock.now()), "holdings");
            both(Ledger::runs, "runs");
            both(Ledger::openReservations, "open");
        }

        void end() {
            for (Open one : open) {
                plain.release(one.plain);
                divided.release(one.divided);
            }
            open.clear();
            compareAll();
            assertThat(divided.openReservations()).as(where).isZero();
            Map<String, Long> left = new HashMap<>();
            divided.standings(ACME, clock.now())
                    .forEach(standing -> left.merge(standing.limit().id(),
                            standing.reserved() - heldElsewhere(standing), Long::sum));
            assertThat(left.values()).as(where).allMatch(reserved -> reserved == 0);
        }

        private long heldElsewhere(Standing standing) {
            Holding holding = plain.holding(ACME, standing.limit(), standing.value(), standing.span());
            return Math.max(0, holding.elsewhereLent() - holding.elsewhereUsed());
        }
    }

    /// A clock that is set.
    private static final class Moving implements Clock {
        private Instant now = Instant.parse("2026-03-01T23:30:00Z");
        private long nanos = 1;

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        void pass(long seconds) {
            now = now.plusSeconds(seconds);
            nanos += Math.max(0, seconds) * 1_000_000_000;
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aLedgerInPartsSaysWhatOneBehindASingleLockSays(int seed) {
        var twins = new Twins(seed);
        for (int step = 0; step < 600; step++) {
            twins.step();
        }
        twins.end();
    }
}
