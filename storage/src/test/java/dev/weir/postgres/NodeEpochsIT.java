package dev.weir.postgres;

import dev.weir.disk.FileDisk;
import dev.weir.event.UsageJournal.Append;
import dev.weir.port.Clock;
import dev.weir.spool.Epochs;
import dev.weir.spool.Gap;
import dev.weir.spool.Shipper;
import dev.weir.spool.Spool;
import dev.weir.spool.SpoolConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/// No epoch of a name is given twice, whatever becomes of the folder; and what a lost folder had kept is named.
final class NodeEpochsIT {
    private final Database database = TestServer.database();
    private final GapLog log = new GapLog();
    private final NodeEpochs epochs = new NodeEpochs(TestServer.VERTX, database, log);
    private final PostgresStore store = new PostgresStore(TestServer.VERTX, database);
    private final RandomEvents events = new RandomEvents(61, Instant.now());

    @TempDir
    private Path folders;

    @AfterEach
    void close() {
        store.close();
        epochs.close();
    }

    @Test
    void theFolderCountsAsLongAsItKnowsMost() throws Exception {
        assertThat(begin(1, -1)).isEqualTo(1);
        epochs.started("n1", 1);
        assertThat(begin(7, -1)).isEqualTo(7);
        assertThat(log.gaps()).isZero();
    }

    @Test
    void aFolderThatKnowsLessThanTheStoreGetsALaterEpochAllTheSame() throws Exception {
        store.store(RandomEvents.batch(events.kept(9, 5)));
        assertThat(begin(1, -1)).isEqualTo(10);
        assertThat(begin(1, -1)).isEqualTo(11);
        assertThat(epochs.begin(new Epochs.Start("n2", 1, -1, List.of()))).isEqualTo(1);
    }

    @Test
    void startsAtTheSameTimeGetAnEpochEach() throws Exception {
        var given = new ArrayList<Future<Long>>();
        try (var other = new NodeEpochs(TestServer.VERTX, database, log);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 40; i++) {
                var from = i % 2 == 0 ? epochs : other;
                given.add(threads.submit(() -> from.begin(new Epochs.Start("n1", 1, -1, List.of()))));
            }
        }
        assertThat(given).extracting(Future::resultNow).doesNotHaveDuplicates().hasSize(40);
    }

    @Test
    void aLostFolderIsNamedFromTheWatermarkOfItsLastEpochOn() throws Exception {
        for (long epoch = 1; epoch <= 4; epoch++) {
            begin(epoch, -1);
            epochs.started("n1", epoch);
        }
        store.store(RandomEvents.batch(events.kept(2, 5)));
        store.store(RandomEvents.batch(events.kept(3, 8)));

        assertThat(begin(1, -1)).isEqualTo(5);
        assertThat(gaps()).containsExactly("n1-3-9… folder_lost", "n1-4-1… folder_lost");
        assertThat(begin(1, -1)).isEqualTo(6);
        assertThat(gaps()).hasSize(2);
        assertThat(log.gaps()).isEqualTo(2);
    }

    @Test
    void aStartThatDiedBeforeItsSpoolWasOpenIsNoLostFolder() throws Exception {
        begin(1, -1);
        epochs.started("n1", 1);
        begin(2, 0);

        assertThat(begin(2, 0)).isEqualTo(3);
        assertThat(gaps()).isEmpty();
    }

    @Test
    void anOlderCopyThatEndsBeforeTheWatermarkOfItsEpochIsNamed() throws Exception {
        begin(1, -1);
        epochs.started("n1", 1);
        store.store(RandomEvents.batch(events.kept(1, 80)));

        begin(2, 80);
        assertThat(gaps()).isEmpty();
        begin(2, 50);
        assertThat(gaps()).containsExactly("n1-1-81… folder_lost");
    }

    @Test
    void aFolderWhoseSegmentsWereStoredAndRemovedIsNotLost() throws Exception {
        begin(1, -1);
        epochs.started("n1", 1);
        store.store(RandomEvents.batch(events.kept(1, 80)));

        assertThat(begin(2, -1)).isEqualTo(2);
        assertThat(gaps()).isEmpty();
    }

    @Test
    void whatThePowerTookIsNamedOnceThoughTheStartIsRepeated() throws Exception {
        var cut = new Gap("n1", 4, 31, null, Gap.Reason.POWER_CUT);
        for (int i = 0; i < 3; i++) {
            epochs.begin(new Epochs.Start("n1", 5, 30, List.of(cut)));
        }
        assertThat(gaps()).containsExactly("n1-4-31… power_cut");
        assertThat(log.gaps()).isEqualTo(1);
    }

    @Test
    void aDatabaseThatIsAwayGivesNoEpoch() {
        var nobody = new Database("127.0.0.1", 1, "weir", "weir", database.password());
        try (var away = new NodeEpochs(TestServer.VERTX, nobody, log)) {
            Thread.currentThread().interrupt();
            var failure = catchThrowableOfType(IOException.class,
                    () -> away.begin(new Epochs.Start("n1", 1, -1, List.of())));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(failure).hasMessageContaining("no epoch to node n1");
        }
    }

    @Test
    void aRunningProcessSeesThatAnotherHasBegunUnderItsName() throws Exception {
        long mine = begin(1, -1);
        epochs.started("n1", mine);
        assertThat(epochs.latest("n1", mine)).isEqualTo(mine);
        long others = begin(1, -1);
        assertThat(epochs.latest("n1", mine)).isEqualTo(others);
        assertThat(epochs.latest("n1", others)).isEqualTo(others);
    }

    @Test
    void anEpochThatARestoredDatabaseDoesNotKnowIsPutOnRecordAgain() throws Exception {
        long mine = begin(6, -1);
        epochs.started("n1", mine);
        try (var connection = database.connect(); var statement = connection.createStatement()) {
            statement.execute("DELETE FROM weir.epochs");
        }
        assertThat(epochs.latest("n1", mine)).isEqualTo(mine);
        assertThat(begin(1, -1)).isEqualTo(mine + 1);
    }

    /// Three times a folder is lost, or brought back as it was before: every event is stored under an id of its own.
    @Test
    void eventsOfWipedAndRestoredFoldersNeverCollide() throws Exception {
        Path folder = folders.resolve("spool");
        Path copy = folders.resolve("copy");
        runAndShip(folder, 20, 0);
        copyFolder(folder, copy);
        runAndShip(folder, 20, 5);
        deleteFolder(folder);
        runAndShip(folder, 20, 0);
        deleteFolder(folder);
        copyFolder(copy, folder);
        runAndShip(folder, 20, 0);

        assertThat(Tables.value(database, "SELECT count(*) || ' ' || count(DISTINCT (node, epoch, seq)) || ' '"
                + " || count(DISTINCT call_id) FROM weir.usage_events")).isEqualTo("80 80 80");
        assertThat(gaps()).containsExactly("n1-2-21… folder_lost", "n1-3-21… folder_lost");
        assertThat(Tables.value(database, "SELECT string_agg(epoch || ':' || seq, ' ' ORDER BY epoch)"
                + " FROM weir.watermarks")).isEqualTo("1:20 2:20 3:20 4:20");
    }

    /// A database that went back in time without a connection breaking: the shipper begins again where the database is.
    @Test
    void aDatabaseRestoredFromABackupIsFilledAgainThoughNoConnectionBroke() throws Exception {
        try (var spool = open(folders.resolve("spool"))) {
            keep(spool, 300);
            var shipper = new Shipper(spool, store, CLOCK, new Random(2)::nextBytes);
            ship(shipper);
            try (var connection = database.connect(); var statement = connection.createStatement()) {
                statement.execute("DELETE FROM weir.usage_events WHERE seq > 120;"
                        + " UPDATE weir.watermarks SET seq = 120; DELETE FROM weir.epochs");
            }
            keep(spool, 10);
            shipper.step();
            assertThat(shipper.lastError()).contains("restored from a backup");
            ship(shipper);
            assertThat(epochs.latest("n1", spool.epoch())).isEqualTo(spool.epoch());
        }
        assertThat(gaps()).isEmpty();
        assertThat(Tables.value(database, "SELECT count(*) || ' ' || max(seq) FROM weir.usage_events"))
                .isEqualTo("310 310");
    }

    private static void ship(Shipper shipper) {
        do {
            shipper.step();
        } while (shipper.lag() > 0);
        assertThat(shipper.lastError()).isNull();
    }

    private Spool open(Path folder) throws IOException {
        return Spool.open(SpoolConfig.of("n1", "boot").withSegmentBytes(SpoolConfig.SEGMENT_BYTES_MIN),
                FileDisk.open(folder), CLOCK, new Random(1)::nextBytes, epochs, event -> event);
    }

    /// @param keptOnly events that are kept and not shipped before it ends
    private void runAndShip(Path folder, int shipped, int keptOnly) throws IOException {
        try (var spool = open(folder)) {
            epochs.started("n1", spool.epoch());
            keep(spool, shipped);
            var shipper = new Shipper(spool, store, CLOCK, new Random(2)::nextBytes);
            ship(shipper);
            keep(spool, keptOnly);
        }
    }

    private void keep(Spool spool, int count) {
        for (int i = 0; i < count; i++) {
            var event = events.event(spool.epoch() * 1_000 + spool.keptSeq());
            assertThat(spool.refuse(event)).isInstanceOf(Append.Kept.class);
        }
        spool.sync();
    }

    private static void copyFolder(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private static void deleteFolder(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private long begin(long atLeast, long foundSeq) throws IOException {
        return epochs.begin(new Epochs.Start("n1", atLeast, foundSeq, List.of()));
    }

    private List<String> gaps() throws SQLException {
        String all = Tables.value(database, "SELECT string_agg(node || '-' || epoch || '-' || first_seq || '…'"
                + " || coalesce(last_seq::text, '') || ' ' || reason, ',' ORDER BY epoch, first_seq) FROM weir.gaps");
        return all.equals("null") ? List.of() : List.of(all.split(","));
    }

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
}
