package dev.weir.benchmarks;

import dev.weir.lease.LeaseAllocator;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseTerms;
import dev.weir.lease.Leases;
import dev.weir.ledger.Claimed;
import dev.weir.ledger.Claims;
import dev.weir.ledger.Lanes;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Lending;
import dev.weir.ledger.Reservation;
import dev.weir.ledger.Shortage;
import dev.weir.port.Clock;
import dev.weir.postgres.EmbeddedPostgres;
import dev.weir.postgres.Postgres;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// How long a node with many active counters takes to bring all of them up to date, and how long a call that asks for more waits
/// meanwhile: over a real PostgreSQL, with the ledger, the leases and a lease thread as in production. `benchmarks/leases.py`
/// runs it.
///
/// `FOLDER COUNTERS ROUNDS`: each counter is a tenant's cap, far from its end, and used once a second; a second node makes it
/// worth telling. Prints one JSON object: how long each round took, and what an ask waited: one after another, a few
/// milliseconds apart, for a cap that is used up, while a round went on and while none did.
public final class LeaseRun {
    private static final Limit FAR = Limit.block("far", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.TOTAL,
            1_000_000_000);
    private static final Limit USED_UP = Limit.block("used-up", Entity.THE_TENANT, Measure.of(Meter.CALLS),
            Window.TOTAL, 1_000);
    private static final TenantId ASKER = new TenantId("asker");
    private static final long PAUSE_NANOS_MAX = 4_000_000;
    private static final TenantDirectory.Snapshot NOBODY = TenantDirectory.Snapshot.of(1, Plan.SHIPPED, List.of(),
            List.of());
    private static final Clock CLOCK = new Clock() {
        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    };

    private final Node other;
    private final Node busy;
    private final List<TenantId> tenants = new ArrayList<>();
    private final List<Long> roundMillis = new ArrayList<>();
    private final List<Integer> roundCounters = new ArrayList<>();
    private final Semaphore roundsEnded = new Semaphore(0);
    private volatile boolean over;
    private volatile boolean inRound;

    // The lease thread.
    private final Histogram among = new Histogram(3);
    private final Histogram between = new Histogram(3);
    private final Histogram exchanges = new Histogram(3);
    private int told;

    /// One node: what it counts, and its line to PostgreSQL.
    private static final class Node implements Leases.Keeper {
        final Lending lending = new Lending(CLOCK, 0);
        final Ledger ledger = new Ledger(lending, Lanes.ONE);
        final Leases leases;
        volatile @Nullable Thread keeper;

        Node(String name, LeaseAllocator allocator) throws LeaseException {
            leases = new Leases(ledger, lending, allocator, CLOCK, LeaseTerms.DEFAULT, name, 1, this);
            leases.takeOver(NOBODY, List.of(), true);
        }

        @Override
        public void hurry() {
            LockSupport.unpark(keeper);
        }

        @Override
        public void complain(String what) {
            System.err.println(what);
        }

        Shortage shortage(TenantId tenant, Limit limit, long amount) {
            Claimed claimed = ledger.reserve(claims(tenant, limit, amount));
            if (claimed instanceof Shortage shortage) {
                return shortage;
            }
            throw new IllegalStateException("nothing has to be asked for: " + claimed);
        }
    }

    private LeaseRun(LeaseAllocator allocator, int counters) throws LeaseException {
        other = new Node("other", allocator);
        busy = new Node("busy", new Watched(allocator));
        for (int i = 0; i < counters; i++) {
            tenants.add(new TenantId("tenant-" + i));
        }
    }

    public static void main(String[] args) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (var server = EmbeddedPostgres.start(Path.of(args[0]));
                var postgres = Postgres.open(vertx, server.database())) {
            new LeaseRun(postgres.leases(), Integer.parseInt(args[1])).measure(Integer.parseInt(args[2]));
        } finally {
            vertx.close().await();
        }
    }

    private void measure(int rounds) throws InterruptedException {
        long all = USED_UP.amount();
        other.leases.ask(other.shortage(ASKER, USED_UP, all),
                _ -> other.ledger.reserve(claims(ASKER, USED_UP, all)));
        other.leases.step();
        Thread keeper = Thread.ofVirtual().unstarted(this::keep);
        busy.keeper = keeper;
        keeper.start();
        long first = firstCalls();
        Thread user = Thread.ofVirtual().start(this::useAllEachSecond);
        Thread asker = Thread.ofVirtual().start(this::askOneAfterAnother);
        roundsEnded.acquire(rounds);
        over = true;
        asker.join();
        user.join();
        busy.hurry();
        keeper.join();
        System.out.printf(
                "{\"counters\": %d, \"first_calls_ms\": %d, \"round_ms\": %s, \"round_counters\": %s,"
                        + " \"failed\": %d, \"exchange_us\": %s,"
                        + " \"wait_in_round_us\": %s,"
                        + " \"wait_between_us\": %s}%n",
                tenants.size(), first, roundMillis, roundCounters, busy.leases.failedExchanges(),
                percentiles(exchanges), percentiles(among),
                percentiles(between));
    }

    /// As the node does; a round is all steps from the first that speaks of counters far from their caps to the one after which
    /// nothing is due.
    private void keep() {
        long begun = 0;
        while (!over || busy.leases.isWaitedFor()) {
            begun = told == 0 ? System.nanoTime() : begun;
            long pause = busy.leases.step();
            if (pause > 0 && told > 0) {
                roundMillis.add((System.nanoTime() - begun) / 1_000_000);
                roundCounters.add(told);
                roundsEnded.release();
                told = 0;
                inRound = false;
            }
            if (!over && !busy.leases.isWaitedFor()) {
                LockSupport.parkNanos(pause);
            }
        }
    }

    /// Tells a round from other exchanges.
    private final class Watched implements LeaseAllocator {
        private final LeaseAllocator allocator;

        Watched(LeaseAllocator allocator) {
            this.allocator = allocator;
        }

        @Override
        public Exchanged exchange(Exchange exchange) throws LeaseException {
            int far = (int) exchange.asks()
                    .stream()
                    .filter(ask -> ask.key().limit().equals(FAR.id()) && ask.need() == 0)
                    .count();
            told += far;
            inRound |= far > 0;
            long begun = System.nanoTime();
            Exchanged answer = allocator.exchange(exchange);
            exchanges.recordValue(System.nanoTime() - begun);
            return answer;
        }

        @Override
        public List<Held> held(String node) throws LeaseException {
            return allocator.held(node);
        }

        @Override
        public void note(List<Used> used) throws LeaseException {
            allocator.note(used);
        }
    }

    /// Every counter's first call at once: all ask, and ask again where PostgreSQL was too slow.
    ///
    /// @return milliseconds until the last of them was lent something
    private long firstCalls() throws InterruptedException {
        long begun = System.nanoTime();
        List<TenantId> lacking = tenants;
        while (!lacking.isEmpty()) {
            var answered = new CountDownLatch(lacking.size());
            for (TenantId tenant : lacking) {
                busy.leases.ask(busy.shortage(tenant, FAR, 1), _ -> answered.countDown());
            }
            answered.await();
            lacking = lacking.stream().filter(tenant -> !use(tenant)).toList();
        }
        return (System.nanoTime() - begun) / 1_000_000;
    }

    private boolean use(TenantId tenant) {
        if (busy.ledger.reserve(claims(tenant, FAR, 1)) instanceof Reservation reservation) {
            busy.ledger.settle(reservation, _ -> 1);
            return true;
        }
        return false;
    }

    /// A call that lacks a lease asks for it, and nobody waits for that here.
    private void useAllEachSecond() {
        while (!over) {
            long begun = System.nanoTime();
            for (TenantId tenant : tenants) {
                if (!use(tenant) && busy.ledger.reserve(claims(tenant, FAR, 1)) instanceof Shortage shortage) {
                    busy.leases.ask(shortage, _ -> {});
                }
            }
            LockSupport.parkNanos(LeaseTerms.DEFAULT.every().toNanos() - (System.nanoTime() - begun));
        }
    }

    private void askOneAfterAnother() {
        while (!over) {
            var answered = new CountDownLatch(1);
            var shortage = busy.shortage(ASKER, USED_UP, 1);
            boolean inRoundBefore = inRound;
            long begun = System.nanoTime();
            busy.leases.ask(shortage, _ -> {
                (inRoundBefore || inRound ? among : between).recordValue(System.nanoTime() - begun);
                answered.countDown();
            });
            try {
                answered.await();
            } catch (InterruptedException stopped) {
                return;
            }
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(PAUSE_NANOS_MAX));
        }
    }

    private static Claims claims(TenantId tenant, Limit limit, long amount) {
        return Claims.fixed(tenant, Instant.now()).add(limit, tenant.value(), amount);
    }

    private static String percentiles(Histogram waits) {
        return "{\"count\": %d, \"p50\": %d, \"p99\": %d, \"max\": %d}".formatted(waits.getTotalCount(),
                waits.getValueAtPercentile(50) / 1_000, waits.getValueAtPercentile(99) / 1_000,
                waits.getMaxValue() / 1_000);
    }
}
