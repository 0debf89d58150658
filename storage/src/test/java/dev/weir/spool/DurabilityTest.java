package dev.weir.spool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.UsageJournal.Append;
import dev.weir.event.WireBytes;
import dev.weir.usage.Quantities;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Properties over generated histories; each failure names its seed. An oracle in plain maps says what must be there.
class DurabilityTest {
    private static final int SEEDS = 40;

    /// What the world was told.
    private static final class Oracle {
        final Map<String, UsageEvent> open = new HashMap<>();
        /// By epoch-seq: the event as it was kept, and whether it was synced.
        final Map<String, UsageEvent> kept = new HashMap<>();
        final Set<String> synced = new HashSet<>();
        final Set<String> syncedOpen = new HashSet<>();
        final Set<String> calls = new HashSet<>();

        void synced() {
            synced.addAll(kept.keySet());
            syncedOpen.addAll(open.keySet());
        }
    }

    @Test
    void afterAKillEverythingKeptIsThereUnalteredAndEveryOpenAttemptHasOneEvent() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            var random = new Random(seed);
            var disk = new TornDisk();
            var oracle = new Oracle();
            for (int life = 0; life < 3; life++) {
                var spool = Spools.open(disk, Spools.CONFIG, new ManualClock());
                live(spool, random, oracle, 20 + random.nextInt(600), life);
                disk = disk.killed();
            }
            var events = eventsById(Spools.open(disk));
            assertThat(events).as("seed %d: nothing kept is lost or altered", seed).containsAllEntriesOf(oracle.kept);
            var interrupted = new ArrayList<>(oracle.open.keySet());
            assertThat(events.values()
                    .stream()
                    .filter(event -> event.outcome() == Outcome.INTERRUPTED)
                    .map(UsageEvent::callId)).as("seed %d: each open attempt once", seed)
                    .containsExactlyInAnyOrderElementsOf(interrupted);
            assertThat(events).as("seed %d: nothing invented", seed)
                    .hasSize(oracle.kept.size() + interrupted.size());
        }
    }

    @Test
    void afterAPowerCutOnlyWhatWasNotSyncedMayBeGone() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            var random = new Random(seed);
            var disk = new TornDisk();
            var oracle = new Oracle();
            live(Spools.open(disk, Spools.CONFIG, new ManualClock()), random, oracle, 20 + random.nextInt(1_500), 0);
            var events = eventsById(Spools.open(disk.powerCut(seed)));
            for (String id : oracle.synced) {
                assertThat(events.get(id)).as("seed %d: synced %s", seed, id).isEqualTo(oracle.kept.get(id));
            }
            assertNothingInvented(seed, oracle, events);
        }
    }

    @Test
    void recoveryThatIsKilledAtAnyOperationStillGivesEachOpenAttemptOneEvent() {
        for (long seed = 1; seed <= 40; seed++) {
            var random = new Random(seed);
            var disk = new TornDisk();
            var oracle = new Oracle();
            live(Spools.open(disk, Spools.CONFIG, new ManualClock()), random, oracle, 200, 0);
            disk = disk.killed();
            for (int kills = 0; kills < 4; kills++) {
                disk.failAt(random.nextInt(30), 1, TornDisk.Failure.KILL);
                try {
                    Spools.open(disk);
                } catch (TornDisk.Killed expected) {
                    assertThat(disk.hasFailed()).isTrue();
                }
                disk = disk.killed();
            }
            var events = eventsById(Spools.open(disk));
            assertThat(events.values()
                    .stream()
                    .filter(event -> event.outcome() == Outcome.INTERRUPTED)
                    .map(UsageEvent::callId)).as("seed %d", seed)
                    .containsExactlyInAnyOrderElementsOf(oracle.open.keySet());
            assertThat(events).as("seed %d", seed).containsAllEntriesOf(oracle.kept);
        }
    }

    @Test
    void oneFailureOfTheDiskAtAnyOperationLosesNothingThatWasKept() {
        for (var how : List.of(TornDisk.Failure.EIO, TornDisk.Failure.ENOSPC, TornDisk.Failure.KILL)) {
            boolean untouched = false;
            for (int n = 0; !untouched; n++) {
                assertThat(n).as("a run that passes untouched").isLessThan(2_000);
                var disk = new TornDisk();
                var oracle = new Oracle();
                var spool = Spools.open(disk, Spools.CONFIG, new ManualClock());
                disk.failAt(n, 1, how);
                try {
                    live(spool, new Random(7), oracle, 450, 0);
                } catch (TornDisk.Killed expected) {
                    assertThat(how).isEqualTo(TornDisk.Failure.KILL);
                }
                untouched = !disk.hasFailed();
                var events = eventsById(Spools.open(disk.killed()));
                assertThat(events).as("%s at %d", how, n).containsAllEntriesOf(oracle.kept);
                var cut = eventsById(Spools.open(disk.powerCut(n)));
                for (String id : oracle.synced) {
                    assertThat(cut.get(id)).as("%s at %d: synced %s", how, n, id).isEqualTo(oracle.kept.get(id));
                }
            }
        }
    }

    /// Alone, and twice in a row, so that writing again meets it too; the beginning of a segment is among the copies.
    @Test
    void aFaultUnderAMappingAtAnyCopyLosesNothingThatWasKept() {
        for (int times = 1; times <= 2; times++) {
            boolean untouched = false;
            for (int n = 0; !untouched; n++) {
                assertThat(n).as("a run that passes untouched").isLessThan(3_000);
                var disk = new TornDisk();
                var oracle = new Oracle();
                var clock = new ManualClock();
                var spool = Spools.open(disk, Spools.CONFIG, clock);
                disk.faultAtPut(n, times);
                live(spool, new Random(7), oracle, 450, 0);
                untouched = !disk.hasFaulted();
                disk.faultAtPut(0, 0);
                for (int rounds = 0; rounds < 3; rounds++) {
                    clock.advance(Duration.ofSeconds(10));
                    spool.work();
                    spool.sync();
                }
                assertThat(spool.refuse(notInterrupted(Events.any(new Random(n), "afterwards"))))
                        .as("fault at copy %d: it goes on", n)
                        .isInstanceOf(Append.Kept.class);
                var events = eventsById(Spools.open(disk.killed()));
                assertThat(events).as("fault at copy %d", n).containsAllEntriesOf(oracle.kept);
            }
        }
    }

    private static void assertNothingInvented(long seed, Oracle oracle, Map<String, UsageEvent> events) {
        events.forEach((id, event) -> {
            if (event.outcome() == Outcome.INTERRUPTED) {
                assertThat(oracle.calls).as("seed %d: %s", seed, id).contains(event.callId());
            } else {
                assertThat(event).as("seed %d: %s is what was kept", seed, id).isEqualTo(oracle.kept.get(id));
            }
        });
    }

    /// A life of opens, progress, settlements, refusals, syncs and background work.
    private static void live(Spool spool, Random random, Oracle oracle, int steps, int life) {
        var mine = new ArrayList<UsageEvent>();
        for (int i = 0; i < steps; i++) {
            int what = random.nextInt(100);
            if (what < 35) {
                var event = interrupted(Events.any(random, "call-" + life + "-" + i));
                oracle.calls.add(event.callId());
                if (spool.open(event) instanceof Append.Kept) {
                    oracle.open.put(event.callId(), event);
                    mine.add(event);
                }
            } else if (what < 45 && !mine.isEmpty()) {
                var event = mine.get(random.nextInt(mine.size()));
                spool.progress(event.callId(), event.attempt(), Quantities.NONE, WireBytes.NONE);
            } else if (what < 80 && !mine.isEmpty()) {
                settle(spool, oracle, mine, random);
            } else if (what < 90) {
                var event = notInterrupted(Events.any(random, "refusal-" + life + "-" + i));
                if (spool.refuse(event) instanceof Append.Kept(long seq)) {
                    oracle.kept.put(spool.epoch() + "-" + seq, event);
                }
            } else if (what < 96) {
                long kept = spool.keptSeq();
                spool.sync();
                if (spool.syncedSeq() == kept && spool.unsyncedBytes() == 0) {
                    oracle.synced();
                }
            } else {
                spool.work();
            }
        }
    }

    private static void settle(Spool spool, Oracle oracle, List<UsageEvent> mine, Random random) {
        var opened = mine.get(random.nextInt(mine.size()));
        var any = notInterrupted(Events.any(random, opened.callId()));
        var event = withAttempt(any, opened.attempt());
        // Where it is not kept, it is kept later, or the attempt comes back as interrupted.
        mine.remove(opened);
        if (spool.settle(event) instanceof Append.Kept(long seq)) {
            oracle.open.remove(opened.callId());
            oracle.kept.put(spool.epoch() + "-" + seq, event);
        }
    }

    private static Map<String, UsageEvent> eventsById(Spool spool) {
        var events = new HashMap<String, UsageEvent>();
        for (KeptEvent kept : Spools.events(spool)) {
            assertThat(events.put(kept.id().epoch() + "-" + kept.id().seq(), kept.event())).isNull();
        }
        return events;
    }

    private static UsageEvent interrupted(UsageEvent e) {
        return with(e, e.attempt(), Outcome.INTERRUPTED);
    }

    private static UsageEvent notInterrupted(UsageEvent e) {
        return e.outcome() == Outcome.INTERRUPTED ? with(e, e.attempt(), Outcome.OK) : e;
    }

    private static UsageEvent withAttempt(UsageEvent e, int attempt) {
        return with(e, attempt, e.outcome());
    }

    private static UsageEvent with(UsageEvent e, int attempt, Outcome outcome) {
        return new UsageEvent(e.callId(), attempt, e.time(), e.tenant(), e.key(), e.user(), e.route(), e.provider(),
                e.modelAsked(), e.modelAnswered(), e.region(), e.serviceTier(), e.providerRequestId(), e.attribution(),
                e.quantities(), e.bytes(), e.clientStatus(), e.upstreamStatus(), e.latencyNanos(),
                e.firstTokenNanos(), e.clientRetryCount(), e.retryAfterSeconds(), outcome, e.reasonCode(),
                e.priceVersion(), e.cost(), e.flags());
    }

}
