package dev.weir.spool;

import static dev.weir.spool.Spools.call;
import static dev.weir.spool.Spools.events;
import static dev.weir.spool.Spools.kept;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.event.EventId;
import dev.weir.event.Outcome;
import dev.weir.event.UsageJournal.Append;
import dev.weir.event.WireBytes;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SpoolTest {
    private final TornDisk disk = new TornDisk();
    private final ManualClock clock = new ManualClock();

    @Test
    void settledAttemptIsOneEventWithTheNextSeq() {
        var spool = open();
        kept(spool.open(Events.opened("a")));
        kept(spool.progress("a", 1, Quantities.NONE, WireBytes.NONE));
        assertThat(kept(spool.settle(Events.settled("a")))).isEqualTo(1);
        assertThat(kept(spool.refuse(Events.refused("b")))).isEqualTo(2);
        spool.sync();
        assertThat(events(spool)).containsExactly(
                new KeptEvent(new EventId("node-1", 1, 1), Events.settled("a")),
                new KeptEvent(new EventId("node-1", 1, 2), Events.refused("b")));
    }

    @Test
    void readersSeeSyncedRecordsOnly() {
        var spool = open();
        call(spool, "a");
        assertThat(events(spool)).isEmpty();
        spool.sync();
        assertThat(events(spool)).hasSize(1);
    }

    @Test
    void seqsAreGaplessOverManySegments() throws Exception {
        var spool = open();
        fill(spool, 5_000);
        assertThat(disk.list().stream().filter(name -> name.endsWith(".lz4"))).hasSizeGreaterThan(3);
        assertThat(events(spool)).extracting(kept -> kept.id().seq())
                .containsExactlyElementsOf(LongStream.rangeClosed(1, 5_000).boxed().toList());
    }

    @Test
    void aReaderGoesOnWhereItWas() throws Exception {
        var spool = open();
        fill(spool, 1_000);
        try (var reader = spool.read(1, 990)) {
            assertThat(reader.read(5)).extracting(kept -> kept.id().seq())
                    .containsExactly(991L, 992L, 993L, 994L,
                            995L);
            assertThat(reader.read(100)).hasSize(5);
            assertThat(reader.read(100)).isEmpty();
            fill(spool, 3_000);
            assertThat(reader.read(10_000)).hasSize(3_000);
        }
    }

    @Test
    void epochRisesAndTheNodeStaysAtEachStart() throws Exception {
        var config = SpoolConfig.of("", "boot-1").withSegmentBytes(SpoolConfig.SEGMENT_BYTES_MIN);
        var first = Spools.open(disk, config, clock);
        call(first, "a");
        first.close();
        var second = Spools.open(disk, config, clock);
        assertThat(second.nodeId()).isEqualTo(first.nodeId()).startsWith("node-");
        assertThat(second.epoch()).isEqualTo(first.epoch() + 1);
        assertThat(events(second)).extracting(KeptEvent::id).containsExactly(new EventId(first.nodeId(), 1, 1));
    }

    @Test
    void twoSpoolsNeverShareAFolder() {
        open();
        assertThatThrownBy(this::open).hasMessageContaining("another process uses the folder");
    }

    @Test
    void attemptOpenAtTheKillComesBackInterruptedAndChargedAsReserved() {
        var spool = open();
        call(spool, "a");
        var reserved = Quantities.of(Meter.TOKENS, 500, Provenance.BOUND);
        kept(spool.open(Events.event("b", Outcome.INTERRUPTED, reserved)));
        kept(spool.progress("b", 1, Quantities.of(Meter.TOKENS, 20, Provenance.TOKENIZER), new WireBytes(1, 2, 3, 4)));
        var next = Spools.open(disk.killed());
        assertThat(events(next)).extracting(KeptEvent::id)
                .containsExactly(new EventId("node-1", 1, 1),
                        new EventId("node-1", 2, 1));
        var interrupted = events(next).getLast().event();
        assertThat(interrupted.outcome()).isEqualTo(Outcome.INTERRUPTED);
        assertThat(interrupted.quantities()).isEqualTo(reserved);
        assertThat(interrupted.bytes()).isEqualTo(new WireBytes(1, 2, 3, 4));
    }

    @Test
    void attemptWithoutAReservationIsChargedByItsLastProgress() {
        var spool = open();
        kept(spool.open(Events.opened("b")));
        kept(spool.progress("b", 1, Quantities.of(Meter.TOKENS_OUT, 20, Provenance.TOKENIZER), WireBytes.NONE));
        kept(spool.progress("b", 1, Quantities.of(Meter.TOKENS_OUT, 30, Provenance.TOKENIZER), WireBytes.NONE));
        assertThat(events(Spools.open(disk.killed())).getLast().event().quantities())
                .isEqualTo(Quantities.of(Meter.TOKENS_OUT, 30, Provenance.TOKENIZER));
    }

    @Test
    void settlingTwiceOrWithoutOpeningIsAnAssertionFailure() {
        var spool = open();
        call(spool, "a");
        assertThatThrownBy(() -> spool.settle(Events.settled("a"))).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not open");
        assertThatThrownBy(() -> spool.settle(Events.settled("never"))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void openingTheSameAttemptTwiceIsAnAssertionFailure() {
        var spool = open();
        kept(spool.open(Events.opened("a")));
        assertThatThrownBy(() -> spool.open(Events.opened("a"))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void fullQuotaRefusesNewAttemptsAndKeepsTheSettlementsOfThoseInFlight() {
        var config = Spools.CONFIG.withQuotaBytes(2L * SpoolConfig.SEGMENT_BYTES_MIN);
        var spool = Spools.open(disk, config, clock);
        int inFlight = 0;
        Append answer = spool.open(Events.opened("call-0"));
        for (int i = 1; answer instanceof Append.Kept; i++) {
            inFlight++;
            spool.work();
            answer = spool.open(Events.opened("call-" + i));
        }
        assertThat(((Append.NotKept) answer).why()).contains("quota");
        assertThat(spool.pressure()).isIn(Pressure.SHED, Pressure.REFUSE);
        for (int i = 0; i < inFlight; i++) {
            kept(spool.settle(Events.settled("call-" + i)));
        }
    }

    @Test
    void storedEventsMakeRoomInTheQuota() {
        var config = Spools.CONFIG.withQuotaBytes(2L * SpoolConfig.SEGMENT_BYTES_MIN);
        var spool = Spools.open(disk, config, clock);
        long last = 0;
        for (int i = 0; spool.refuse(Events.refused("r" + i)) instanceof Append.Kept(long seq); i++) {
            last = seq;
            spool.sync();
            spool.work();
        }
        assertThat(spool.pressure()).isNotEqualTo(Pressure.NORMAL);
        spool.stored(1, last);
        kept(spool.refuse(Events.refused("room again")));
        assertThat(spool.pressure()).isEqualTo(Pressure.NORMAL);
    }

    @Test
    void segmentsGoOnlyWhenStoredAndTheRetentionIsOver() throws Exception {
        var spool = open();
        fill(spool, 3_000);
        int sealed = sealed();
        clock.advance(Duration.ofHours(25));
        spool.work();
        assertThat(sealed()).as("not stored").isEqualTo(sealed);
        spool.stored(1, 3_000);
        spool.work();
        assertThat(sealed()).isZero();
        fill(spool, 3_000);
        spool.stored(1, 6_000);
        int young = sealed();
        spool.work();
        assertThat(sealed()).as("retention not over").isEqualTo(young).isPositive();
    }

    @Test
    void segmentOfAnAttemptInFlightStays() throws Exception {
        var spool = open();
        kept(spool.open(Events.opened("long")));
        fill(spool, 3_000);
        spool.stored(1, 3_000);
        clock.advance(Duration.ofHours(25));
        spool.work();
        assertThat(sealed()).isPositive();
        kept(spool.settle(Events.settled("long")));
        spool.work();
        spool.work();
        assertThat(sealed()).as("a power cut could take the settlement").isPositive();
        spool.sync();
        spool.work();
        spool.work();
        assertThat(sealed()).isZero();
    }

    @Test
    void failedSyncWritesTheRecordsAgainElsewhereAndNobodyNotices() {
        var spool = open();
        call(spool, "a");
        spool.sync();
        call(spool, "b");
        disk.failAt(0, 1, TornDisk.Failure.EIO);
        spool.sync();
        call(spool, "c");
        spool.sync();
        assertThat(spool.suspectSegments()).isEqualTo(1);
        assertThat(events(spool)).extracting(kept -> kept.event().callId()).containsExactly("a", "b", "c");
        var afterCut = Spools.open(disk.powerCut(1));
        assertThat(events(afterCut)).extracting(kept -> kept.event().callId()).containsExactly("a", "b", "c");
    }

    @Test
    void diskThatNeverSyncsFailsClosedAndRecovers() {
        var spool = open();
        call(spool, "a");
        disk.failAt(0, 1_000, TornDisk.Failure.EIO);
        spool.sync();
        spool.sync();
        assertThat(spool.refuse(Events.refused("x"))).isInstanceOf(Append.NotKept.class);
        disk.failAt(0, 0, TornDisk.Failure.EIO);
        clock.advance(Duration.ofSeconds(10));
        spool.sync();
        call(spool, "b");
        spool.sync();
        assertThat(events(spool)).extracting(kept -> kept.event().callId()).containsExactly("a", "b");
    }

    @Test
    void faultUnderAMappingIsOverWhenAnotherSegmentIsTheActiveOne() {
        var spool = open();
        call(spool, "a");
        spool.sync();
        disk.faultAtPut(0, 1);
        assertThat(spool.refuse(Events.refused("x"))).isInstanceOf(Append.NotKept.class);
        spool.sync();
        spool.sync();
        call(spool, "b");
        spool.sync();
        assertThat(events(spool)).extracting(kept -> kept.event().callId()).containsExactly("a", "b");
    }

    @Test
    void faultUnderTheVeryFirstMappingIsAFailedStart() {
        disk.faultAtPut(0, 1);
        assertThatThrownBy(this::open).hasMessageContaining("the disk failed under a new segment");
        call(open(), "a");
    }

    @Test
    void fullDiskHasRoomAgainWhenWhatItHoldsIsStored() {
        var spool = Spools.open(disk, Spools.CONFIG.withRetention(Duration.ZERO), clock);
        disk.capacity(4L * SpoolConfig.SEGMENT_BYTES_MIN);
        while (spool.refuse(Events.refused("x")) instanceof Append.Kept) {
            spool.sync();
            spool.work();
        }
        spool.sync();
        spool.work();
        assertThat(spool.refuse(Events.refused("x"))).as("nothing is stored").isInstanceOf(Append.NotKept.class);
        spool.stored(spool.epoch(), spool.keptSeq());
        spool.work();
        call(spool, "b");
        spool.sync();
        assertThat(events(spool)).extracting(kept -> kept.event().callId()).last().isEqualTo("b");
    }

    @Test
    void otherBootIsTreatedAsAPowerCut() {
        var spool = open();
        call(spool, "a");
        spool.sync();
        var sameBoot = Spools.open(disk.killed());
        assertThat(sameBoot.recovery().machineRestarted()).isFalse();
        var config = SpoolConfig.of("node-1", "boot-2").withSegmentBytes(SpoolConfig.SEGMENT_BYTES_MIN);
        assertThat(Spools.open(disk.powerCut(3), config, clock).recovery().machineRestarted()).isTrue();
    }

    @Test
    void whatIsAfterTheWatermarksIsReadOnceOverAllEpochs() throws Exception {
        fill(open(), 2_500);
        var afterFirst = disk.killed();
        fill(Spools.open(afterFirst, Spools.CONFIG, clock), 20);
        var third = Spools.open(afterFirst.killed(), Spools.CONFIG, clock);
        call(third, "c");
        third.sync();

        var events = third.eventsAfter(epoch -> epoch.epoch() == 1 ? 2_490 : epoch.epoch() == 2 ? 20 : 0);

        assertThat(events).extracting(kept -> kept.id().epoch() + "-" + kept.id().seq())
                .containsExactly("1-2491", "1-2492", "1-2493", "1-2494", "1-2495", "1-2496", "1-2497", "1-2498",
                        "1-2499", "1-2500", "3-1");
        assertThat(third.eventsAfter(epoch -> 0)).hasSize(2_521);
    }

    @Test
    void nothingGoesBeforeTheShipperHasSaidThatItIsStored() throws Exception {
        var config = Spools.CONFIG.withRetention(Duration.ZERO);
        fill(Spools.open(disk, config, clock), 2_500);
        var second = Spools.open(disk.killed(), config, clock);
        while (second.work()) {
            clock.advance(Duration.ofHours(1));
        }
        second.work();
        assertThat(second.eventsAfter(epoch -> 0)).hasSize(2_500);
    }

    @Test
    void closedSpoolKeepsNothing() throws Exception {
        var spool = open();
        call(spool, "a");
        spool.close();
        assertThat(spool.refuse(Events.refused("x"))).isEqualTo(new Append.NotKept("the spool is closed"));
        assertThat(events(open())).hasSize(1);
    }

    @Test
    void whatAPowerCutMayHaveTakenIsToldToWhoGivesTheNextEpoch() {
        var spool = open();
        call(spool, "a");
        call(spool, "b");
        spool.sync();
        call(spool, "c");
        var starts = new ArrayList<Epochs.Start>();
        var cut = disk.powerCut(3);
        Spools.open(cut, onBoot("boot-2"), clock, started(starts));
        var found = starts.getFirst();

        assertThat(found.node()).isEqualTo("node-1");
        assertThat(found.atLeast()).isEqualTo(2);
        assertThat(found.gaps())
                .containsExactly(new Gap("node-1", 1, found.foundSeq() + 1, null, Gap.Reason.POWER_CUT));
        assertThat(found.foundSeq()).isBetween(2L, 3L);
        Spools.open(cut.killed(), onBoot("boot-2"), clock, started(starts));
        assertThat(starts.getLast().gaps()).isEmpty();
    }

    @Test
    void aStartThatIsGivenNoEpochFindsTheSameGapsTheNextTime() {
        var spool = open();
        call(spool, "a");
        spool.sync();
        var cut = disk.powerCut(3);
        assertThatThrownBy(() -> Spools.open(cut, onBoot("boot-2"), clock, start -> {
            throw new IOException("no database");
        })).hasMessageContaining("no database");
        var starts = new ArrayList<Epochs.Start>();
        Spools.open(cut.killed(), onBoot("boot-2"), clock, started(starts));

        assertThat(starts.getFirst().gaps()).hasSize(1);
    }

    @Test
    void aMachineThatIsRestartedAfterAnOrderlyStopHasLostNothing() throws IOException {
        var spool = open();
        call(spool, "a");
        spool.close();
        var starts = new ArrayList<Epochs.Start>();
        var next = Spools.open(disk.powerCut(3), onBoot("boot-2"), clock, started(starts));

        assertThat(next.recovery().machineRestarted()).isTrue();
        assertThat(starts.getFirst().gaps()).isEmpty();
    }

    @Test
    void aKillOnTheSameBootHasLostNothing() {
        call(open(), "a");
        var starts = new ArrayList<Epochs.Start>();
        Spools.open(disk.killed(), Spools.CONFIG, clock, started(starts));

        assertThat(starts.getFirst().gaps()).isEmpty();
        assertThat(starts.getFirst().foundSeq()).isEqualTo(1);
    }

    @Test
    void theEpochIsTheOneThatIsGivenAndNeverOneThatWasUsed() {
        assertThat(Spools.open(disk, Spools.CONFIG, clock, start -> 41).epoch()).isEqualTo(41);
        assertThatThrownBy(() -> Spools.open(disk.killed(), Spools.CONFIG, clock, start -> 41))
                .hasMessageContaining("epoch 41");
        assertThat(Spools.open(disk.killed(), Spools.CONFIG, clock, Epochs.OF_FOLDER).epoch()).isEqualTo(42);
    }

    private static SpoolConfig onBoot(String id) {
        return SpoolConfig.of("node-1", id).withSegmentBytes(SpoolConfig.SEGMENT_BYTES_MIN);
    }

    private static Epochs started(List<Epochs.Start> starts) {
        return start -> {
            starts.add(start);
            return start.atLeast();
        };
    }

    private Spool open() {
        return Spools.open(disk, Spools.CONFIG, clock);
    }

    private void fill(Spool spool, int calls) {
        long before = spool.keptSeq();
        for (int i = 0; i < calls; i++) {
            call(spool, "call-" + (before + i));
            if (i % 50 == 0) {
                spool.sync();
                spool.work();
            }
        }
        spool.sync();
        while (spool.work()) {
            spool.sync();
        }
    }

    private int sealed() throws Exception {
        return (int) disk.list().stream().filter(name -> name.endsWith(".lz4")).count();
    }
}
