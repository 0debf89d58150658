package dev.weir.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admission.ManualClock;
import dev.weir.ledger.Claimed;
import dev.weir.ledger.Claims;
import dev.weir.ledger.Lanes;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Lending;
import dev.weir.ledger.Reservation;
import dev.weir.ledger.Shortage;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// A few nodes that share limits, over an allocator in memory; their counters in parts and not.
@ParameterizedClass(name = "in {0} parts")
@ValueSource(ints = {0, 4})
abstract class LeaseNodes {
    static final TenantId ACME = new TenantId("acme");
    static final Limit CALLS = Limit.block("calls-day", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY,
            100);
    static final Limit BUDGET = Limit.block("budget", Entity.THE_TENANT, Measure.of(Meter.COST), Window.DAY,
            1_000_000);
    static final Limit AT_ONCE = Limit.block("at-once", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL,
            4);

    /// Into how many parts the counters of each node are divided.
    @Parameter
    int parts;

    private final AtomicInteger lane = new AtomicInteger();
    final MemoryAllocator allocator = new MemoryAllocator();
    final ManualClock clock = new ManualClock("2026-11-26T08:00:00Z");

    final Lanes lanes() {
        return parts == 0 ? Lanes.ONE : Lanes.always(lane::getAndIncrement, parts);
    }

    /// Steps only when it is told to.
    static class Deaf implements Leases.Keeper {
        @Override
        public void hurry() {}

        @Override
        public void complain(String what) {}
    }

    /// One node: its ledger and leases.
    final class Node implements Leases.Keeper {
        final Lending lending = new Lending(clock, 10_000);
        final Ledger ledger = Ledgers.watched(lending, lanes());
        final Leases leases;
        final List<String> complaints = new ArrayList<>();
        private final Semaphore asked = new Semaphore(0);

        Node(String name, long epoch, Limit... limits) throws LeaseException {
            leases = new Leases(ledger, lending, allocator, clock, LeaseTerms.DEFAULT, name, epoch, this);
            leases.takeOver(directory(limits), List.of(), true);
        }

        @Override
        public void hurry() {
            asked.release();
        }

        @Override
        public void complain(String what) {
            complaints.add(what);
        }

        /// Steps whenever a call asks, until it is interrupted.
        void keep() {
            while (!Thread.currentThread().isInterrupted()) {
                asked.acquireUninterruptibly();
                asked.drainPermits();
                leases.step();
            }
        }

        /// Tries once.
        Claimed reserve(Limit limit, long amount, Claims.Answered answered) {
            return reserve(limit, amount, null, answered);
        }

        Claimed reserve(Limit limit, long amount, @Nullable String run, Claims.Answered answered) {
            return ledger.reserve(
                    Claims.fixed(ACME, clock.now()).ofRun(run).add(limit, "acme", amount).answered(answered));
        }

        /// Asks where it must, on this thread, as a call does.
        Claimed call(Limit limit, long amount) {
            return call(limit, amount, null);
        }

        Claimed call(Limit limit, long amount, @Nullable String run) {
            Claimed claimed = reserve(limit, amount, run, Claims.Answered.NOT_ASKED);
            while (claimed instanceof Shortage shortage) {
                var answers = new ArrayList<Leases.Answer>();
                leases.ask(shortage, answers::add);
                leases.step();
                claimed = reserve(limit, amount, run, switch (answers.getFirst()) {
                    case MORE -> Claims.Answered.NOT_ASKED;
                    case IDLE_ELSEWHERE, NO_MORE -> Claims.Answered.NO_MORE;
                    case UNAVAILABLE -> Claims.Answered.UNAVAILABLE;
                });
            }
            return claimed;
        }

        /// Asks for what a running call lacks, and takes it where it is lent.
        Leases.Answer ask(Reservation running, long more) {
            Shortage lacking = Objects.requireNonNull(ledger.shortage(running, Measure.of(Meter.CALLS), more, more));
            var answers = new ArrayList<Leases.Answer>();
            leases.ask(lacking, answer -> {
                answers.add(answer);
                assertThat(ledger.extend(running, Measure.of(Meter.CALLS), more) == running)
                        .isEqualTo(answer == Leases.Answer.MORE);
            });
            leases.step();
            return answers.getFirst();
        }

        Reservation admitted(Limit limit, long amount) {
            Claimed claimed = call(limit, amount);
            assertThat(claimed).isInstanceOf(Reservation.class);
            return (Reservation) claimed;
        }

        void settle(Reservation reservation, long used) {
            ledger.settle(reservation, _ -> used);
        }

        void tick() {
            clock.pass(LeaseTerms.DEFAULT.every());
            leases.step();
        }
    }

    static TenantDirectory.Snapshot directory(Limit... limits) {
        return TenantDirectory.Snapshot.of(1, Plan.SHIPPED,
                List.of(new Tenant(ACME, "pro", null, List.of(limits))), List.of());
    }

    final LeaseKey key(Limit limit) {
        return LeaseKey.of(ACME, limit, "acme", limit.window().span(clock.now(), limit.zone()));
    }
}
