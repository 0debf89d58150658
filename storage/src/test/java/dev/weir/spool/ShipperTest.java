package dev.weir.spool;

import static dev.weir.spool.Spools.call;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.EventId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShipperTest {
    private final TornDisk disk = new TornDisk();
    private final ManualClock clock = new ManualClock();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void everyEventIsStoredOnceWhateverTheStoreDoes(long seed) {
        var store = new ScriptedStore(seed, 0.3);
        var first = spoolWith(500);
        var shipper = shipper(first, store);
        for (int i = 0; i < 3; i++) {
            shipper.step();
        }
        var second = Spools.open(disk.killed(), Spools.CONFIG, clock);
        call(second, "after");
        second.sync();
        drain(shipper(second, store), second);
        assertThat(store.events()).as("seed %d", seed)
                .extracting(kept -> kept.id().seq())
                .containsExactlyElementsOf(
                        LongStream.concat(LongStream.rangeClosed(1, 500), LongStream.of(1)).boxed().toList());
    }

    @Test
    void storeThatIsDownIsAskedLessAndLessAndCaughtUpAfterwards() {
        var store = new ScriptedStore(1, 0);
        var spool = spoolWith(10);
        var shipper = shipper(spool, store);
        store.down(true);
        long first = shipper.step();
        for (int i = 0; i < 10; i++) {
            shipper.step();
        }
        assertThat(shipper.step()).isGreaterThan(10 * first);
        assertThat(shipper.lastError()).contains("down");
        assertThat(shipper.lag()).isEqualTo(10);
        clock.advance(Duration.ofSeconds(30));
        assertThat(shipper.lagNanos()).isEqualTo(Duration.ofSeconds(30).toNanos());
        store.down(false);
        drain(shipper, spool);
        assertThat(store.events()).hasSize(10);
        assertThat(shipper.lag()).isZero();
        assertThat(shipper.lagNanos()).isZero();
    }

    @Test
    void storeRestoredFromABackupIsFilledAgain() {
        var store = new ScriptedStore(1, 0);
        var spool = spoolWith(200);
        var shipper = shipper(spool, store);
        shipper.step();
        shipper.step();
        var restore = store.backup();
        drain(shipper, spool);
        store.down(true);
        call(spool, "more");
        spool.sync();
        shipper.step();
        restore.run();
        store.down(false);
        drain(shipper, spool);
        assertThat(ids(store)).containsExactlyElementsOf(
                LongStream.rangeClosed(1, 201).mapToObj(seq -> new EventId("node-1", 1, seq)).toList());
    }

    @Test
    void twoNodesOfOneNameAreNoticed() {
        var store = new ScriptedStore(1, 0);
        var spool = spoolWith(20);
        drain(shipper(spool, store), spool);
        var twin = Spools.open(new TornDisk(), Spools.CONFIG, clock);
        var shipper = shipper(twin, store);
        shipper.step();
        assertThat(shipper.lastError()).contains("two nodes use the name 'node-1'").contains("another node.id");
    }

    @Test
    void farBehindTheBatchesGrowUpToFiveThousandEvents() throws Exception {
        var sizes = new ArrayList<Integer>();
        var shipper = shipper(spoolWith(20_000), new SizingStore(sizes, 0));
        while (shipper.lag() > 0) {
            shipper.step();
        }
        assertThat(sizes).startsWith(100, 200, 400, 800, 1_600, 3_200, 5_000).allMatch(size -> size <= 5_000);
    }

    @Test
    void aStoreThatIsSlowGetsSmallerBatches() throws Exception {
        var sizes = new ArrayList<Integer>();
        var shipper = shipper(spoolWith(3_000), new SizingStore(sizes, 800));
        while (shipper.lag() > 0) {
            shipper.step();
        }
        assertThat(sizes).startsWith(100, 200, 400, 800, 400, 800);
    }

    @ParameterizedTest
    @CsvSource({"9, true", "11, false", "0, false"})
    void farBehindItRestsWhileItIsTenTimesAsFastAsTheTraffic(int callsMeanwhile, boolean rests) {
        var spool = spoolWith(500);
        var took = Duration.ofMillis(40);
        var shipper = shipper(spool, new SizingStore(new ArrayList<>(), 0) {
            @Override
            public long store(Batch batch) {
                clock.advance(took);
                for (int i = 0; i < callsMeanwhile; i++) {
                    call(spool, "meanwhile-" + i);
                }
                return batch.lastSeq();
            }
        });
        assertThat(shipper.step()).as("finding the epoch").isZero();
        assertThat(shipper.step()).as("a batch of 100").isEqualTo(rests ? took.toNanos() : 0);
    }

    @Test
    void aBatchOfVeryLargeEventsIsBoundedByItsBytes() throws Exception {
        var spool = Spools.open(disk, Spools.CONFIG.withUnsyncedBytesMax(64 << 20), clock);
        for (int i = 0; i < 1_000; i++) {
            Spools.kept(spool.refuse(Events.largest("call-" + i)));
            spool.sync();
            spool.work();
        }
        try (var reader = spool.read(1, 0)) {
            var first = reader.read(5_000);
            assertThat(first).hasSizeBetween(100, 400);
            int rest = 0;
            for (var more = reader.read(5_000); !more.isEmpty(); more = reader.read(5_000)) {
                rest += more.size();
            }
            assertThat(first.size() + rest).isEqualTo(1_000);
        }
    }

    @Test
    void stoppingStoresWhatIsKeptFirst() throws Exception {
        var store = new ScriptedStore(1, 0);
        var spool = spoolWith(300);
        var shipper = shipper(spool, store);
        shipper.stop(Duration.ofMinutes(1));
        var thread = Thread.ofVirtual().start(shipper);
        thread.join();
        assertThat(store.events()).hasSize(300);
    }

    @Test
    void stoppingEndsAtItsDeadlineThoughTheStoreIsDown() throws Exception {
        var store = new ScriptedStore(1, 0);
        store.down(true);
        var shipper = shipper(spoolWith(3), store);
        shipper.stop(Duration.ZERO);
        var thread = Thread.ofVirtual().start(shipper);
        thread.join();
        assertThat(store.events()).isEmpty();
    }

    @Test
    void whatIsHandedOverCountsAsStoredOnceTheStoreSaysSo() throws Exception {
        var store = new TrailingStore(new ScriptedStore(1, 0));
        var spool = spoolWith(300);
        var shipper = shipper(spool, store);
        steps(shipper, 10);
        assertThat(store.taken()).isEqualTo(300);
        assertThat(shipper.lag()).isEqualTo(300);
        store.sink();
        lookAgain(shipper);
        assertThat(shipper.lag()).isZero();
        assertThat(shipper.lagNanos()).isZero();
    }

    @Test
    void whatWasLostOnTheWayIsHandedOverAgainInItsOrder() throws Exception {
        var scripted = new ScriptedStore(1, 0);
        var store = new TrailingStore(scripted);
        var shipper = shipper(spoolWith(500), store);
        steps(shipper, 10);
        store.loseFirst();
        assertThat(store.sink()).isPositive();
        clock.advance(Shipper.PATIENCE.plusSeconds(1));
        steps(shipper, 10);
        store.sink();
        lookAgain(shipper);
        assertThat(ids(scripted)).containsExactlyElementsOf(
                LongStream.rangeClosed(1, 500).mapToObj(seq -> new EventId("node-1", 1, seq)).toList());
        assertThat(shipper.sentAgain()).isEqualTo(1);
        assertThat(shipper.lag()).isZero();
    }

    @Test
    void withoutASinkIsHandedOverAgainLessAndLessOften() {
        var store = new TrailingStore(new ScriptedStore(1, 0));
        var shipper = shipper(spoolWith(50), store);
        steps(shipper, 5);
        for (int minute = 0; minute < 24 * 60; minute++) {
            clock.advance(Duration.ofMinutes(1));
            steps(shipper, 5);
        }
        assertThat(shipper.sentAgain()).isBetween(24L, 60L);
        assertThat(store.taken()).isEqualTo(50 * (1 + shipper.sentAgain()));
    }

    @Test
    void nothingIsHandedOverAgainWhileNobodyCanSayHowMuchIsStored() throws Exception {
        var scripted = new ScriptedStore(1, 0);
        var store = new TrailingStore(scripted);
        var spool = spoolWith(50);
        var shipper = shipper(spool, store);
        steps(shipper, 5);
        scripted.down(true);
        for (int minute = 0; minute < 60; minute++) {
            clock.advance(Duration.ofMinutes(1));
            steps(shipper, 2);
        }
        call(spool, "meanwhile");
        spool.sync();
        steps(shipper, 2);
        assertThat(shipper.lastError()).contains("how much is stored is unknown");
        assertThat(store.taken()).isEqualTo(51);
        scripted.down(false);
        lookAgain(shipper);
        assertThat(shipper.lastError()).isNull();
        assertThat(shipper.sentAgain()).isZero();
    }

    @Test
    void databaseBehindATopicRestoredFromABackupIsFilledAgain() throws Exception {
        var scripted = new ScriptedStore(1, 0);
        var store = new TrailingStore(scripted);
        var shipper = shipper(spoolWith(200), store);
        var restore = scripted.backup();
        steps(shipper, 10);
        store.sink();
        lookAgain(shipper);
        restore.run();
        lookAgain(shipper);
        steps(shipper, 10);
        store.sink();
        lookAgain(shipper);
        assertThat(scripted.events()).hasSize(200);
        assertThat(shipper.lag()).isZero();
    }

    @Test
    void laterStartIsHandedOverWithoutWaitingForTheFormerToBeStored() throws Exception {
        var scripted = new ScriptedStore(1, 0);
        var store = new TrailingStore(scripted);
        spoolWith(150);
        var second = Spools.open(disk.killed(), Spools.CONFIG, clock);
        call(second, "after");
        second.sync();
        var shipper = shipper(second, store);
        steps(shipper, 10);
        assertThat(store.taken()).isEqualTo(151);
        assertThat(shipper.lag()).isEqualTo(151);
        store.sink();
        lookAgain(shipper);
        assertThat(scripted.events()).hasSize(151);
        assertThat(shipper.lag()).isZero();
    }

    @Test
    void stoppingEndsWhenAllIsHandedOver() throws Exception {
        var store = new TrailingStore(new ScriptedStore(1, 0));
        var shipper = shipper(spoolWith(300), store);
        shipper.stop(Duration.ofMinutes(1));
        var thread = Thread.ofVirtual().start(shipper);
        thread.join();
        assertThat(store.taken()).isEqualTo(300);
    }

    private static void steps(Shipper shipper, int count) {
        for (int i = 0; i < count; i++) {
            shipper.step();
        }
    }

    private void lookAgain(Shipper shipper) {
        clock.advance(Duration.ofSeconds(2));
        steps(shipper, 2);
    }

    /// Notes how many events came; a batch of `slowFrom` or more takes long.
    private class SizingStore implements UsageStore {
        private final List<Integer> sizes;
        private final int slowFrom;

        SizingStore(List<Integer> sizes, int slowFrom) {
            this.sizes = sizes;
            this.slowFrom = slowFrom;
        }

        @Override
        public long store(Batch batch) {
            sizes.add(batch.size());
            if (slowFrom > 0 && batch.size() >= slowFrom) {
                clock.advance(Duration.ofSeconds(1));
            }
            return batch.lastSeq();
        }

        @Override
        public long watermark(String node, long epoch) {
            return 0;
        }
    }

    private Spool spoolWith(int calls) {
        var spool = Spools.open(disk, Spools.CONFIG, clock);
        for (int i = 0; i < calls; i++) {
            call(spool, "call-" + i);
            if (i % 100 == 0) {
                spool.sync();
                spool.work();
            }
        }
        spool.sync();
        return spool;
    }

    private Shipper shipper(Spool spool, UsageStore store) {
        return new Shipper(spool, store, clock, bytes -> {});
    }

    private static void drain(Shipper shipper, Spool spool) {
        for (int i = 0; i < 1_000 && (spool.depthRecords() > 0 || i < 5); i++) {
            shipper.step();
        }
    }

    private static List<EventId> ids(ScriptedStore store) {
        return store.events().stream().map(KeptEvent::id).sorted((a, b) -> Long.compare(a.seq(), b.seq())).toList();
    }
}
