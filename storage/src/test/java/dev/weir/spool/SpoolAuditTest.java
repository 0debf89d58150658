package dev.weir.spool;

import static dev.weir.spool.Spools.call;
import static dev.weir.spool.Spools.kept;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.disk.FileDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What can be said of a spool folder from outside, without touching it.
class SpoolAuditTest {
    private static final int CALLS = 1_500;
    private final TornDisk disk = new TornDisk();

    @Test
    void aFolderThatIsInUseIsReadAsItIsAndNothingInItChanges() throws IOException {
        var spool = Spools.open(disk);
        fill(spool);
        kept(spool.open(Events.opened("in-flight")));
        var before = contents();
        var report = audit(disk);

        assertThat(report.isSound()).isTrue();
        assertThat(report.node()).isEqualTo("node-1");
        assertThat(report.lastEpoch()).isEqualTo(1);
        assertThat(report.recovered()).isZero();
        assertThat(report.openAttempts()).isEqualTo(1);
        var epoch = report.epochs().getFirst();
        assertThat(epoch.firstSeq() + "…" + epoch.lastSeq()).isEqualTo("1…" + CALLS);
        assertThat(epoch.records())
                .isEqualTo(Map.of("open", (long) CALLS + 1, "settle", (long) CALLS));
        assertThat(epoch.sealed()).isPositive();
        assertThat(epoch.raw()).isPositive();
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void eachEpochIsToldWithWhatItsRecoveryAdded() throws IOException {
        var first = Spools.open(disk);
        call(first, "a");
        kept(first.open(Events.opened("b")));
        kept(first.refuse(Events.refused("c")));
        first.sync();
        var next = disk.killed();
        var second = Spools.open(next);
        call(second, "d");
        second.sync();
        var report = audit(next);

        assertThat(report.isSound()).isTrue();
        assertThat(report.recovered()).isEqualTo(1);
        assertThat(report.epochs()).extracting(SpoolAudit.Epoch::records)
                .containsExactly(Map.of("open", 2L, "settle", 1L, "refuse", 1L),
                        Map.of("recovered", 1L, "open", 1L, "settle", 1L));
        assertThat(report.openAttempts() + report.lostAttempts()).isZero();
    }

    @Test
    void aDamagedStretchIsLocatedAsAGap() throws IOException {
        fill(Spools.open(disk));
        var raw = name(".raw");
        byte[] bytes = disk.content(raw).clone();
        for (int i = 0; i < 600; i++) {
            bytes[20_000 + i] ^= 0x55;
        }
        disk.put(raw, bytes);
        var report = audit(disk);

        assertThat(report.isSound()).isFalse();
        var epoch = report.epochs().getFirst();
        assertThat(epoch.damaged()).isPositive();
        assertThat(epoch.missingRecords()).isPositive();
        assertThat(epoch.gaps()).isNotEmpty();
        assertThat(epoch.missingEvents()).isEqualTo(
                epoch.gaps().stream().mapToLong(gap -> length(gap)).sum());
    }

    @Test
    void aSegmentThatIsGoneFromTheMiddleIsAGap() throws IOException {
        fill(Spools.open(disk));
        var sealed = disk.list().stream().filter(file -> file.endsWith(".lz4")).toList();
        disk.delete(sealed.get(1));
        var report = audit(disk);

        assertThat(report.isSound()).isFalse();
        assertThat(report.epochs().getFirst().gaps()).hasSize(1);
        assertThat(report.epochs().getFirst().damaged()).isZero();
    }

    @Test
    void segmentsThatAreGoneFromTheBeginningWereStoredAndRemoved() throws IOException {
        fill(Spools.open(disk));
        disk.delete(disk.list().stream().filter(file -> file.endsWith(".lz4")).findFirst().orElseThrow());
        var report = audit(disk);

        assertThat(report.isSound()).isTrue();
        assertThat(report.epochs().getFirst().firstSeq()).isGreaterThan(1);
    }

    @Test
    void recordsThatWereWrittenAgainAfterAFailedSyncAreCountedOnce() throws IOException {
        var spool = Spools.open(disk);
        call(spool, "a");
        spool.sync();
        call(spool, "b");
        disk.failAt(0, 1, TornDisk.Failure.EIO);
        spool.sync();
        call(spool, "c");
        spool.sync();
        assertThat(spool.suspectSegments()).isPositive();
        var report = audit(disk);

        assertThat(report.isSound()).isTrue();
        assertThat(report.epochs().getFirst().records()).isEqualTo(Map.of("open", 3L, "settle", 3L));
    }

    @Test
    void anAttemptThatNoRecoveryEndedIsLost() throws IOException {
        var first = Spools.open(disk);
        kept(first.open(Events.opened("a")));
        first.sync();
        var next = disk.killed();
        next.put("recovered", "1\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        var report = audit(next);

        assertThat(report.lostAttempts()).isEqualTo(1);
        assertThat(report.isSound()).isFalse();
    }

    @Test
    void anEmptyFolderIsSound() throws IOException {
        assertThat(audit(disk).isSound()).isTrue();
        assertThat(audit(disk).epochs()).isEmpty();
    }

    @Test
    void nothingCanBeWrittenThroughIt() {
        var readOnly = new ReadOnlyDisk(disk);
        assertThatThrownBy(() -> readOnly.create("x", 4096)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> readOnly.write("x")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> readOnly.lock("lock")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> readOnly.rename("a", "b")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> readOnly.replace("a", new byte[0])).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void whetherARealFolderIsInUseIsAskedWithoutTakingItsLock(@TempDir Path folder) throws IOException {
        var real = FileDisk.open(folder);
        var file = folder.resolve(SpoolAudit.LOCK);
        try (var held = real.lock(SpoolAudit.LOCK)) {
            assertThat(held).isNotNull();
            assertThat(FileDisk.isLocked(file)).isTrue();
        }
        assertThat(FileDisk.isLocked(file)).isFalse();
    }

    private static void fill(Spool spool) {
        for (int i = 0; i < CALLS; i++) {
            call(spool, "call-" + i);
            if (i % 100 == 99) {
                spool.sync();
                spool.work();
            }
        }
    }

    private static long length(Gap gap) {
        return java.util.Objects.requireNonNull(gap.lastSeq()) - gap.firstSeq() + 1;
    }

    private static SpoolAudit.Report audit(TornDisk disk) throws IOException {
        return SpoolAudit.of(disk, "boot-1");
    }

    private String name(String end) throws IOException {
        return disk.list().stream().filter(file -> file.endsWith(end)).findFirst().orElseThrow();
    }

    private Map<String, List<Byte>> contents() throws IOException {
        var all = new TreeMap<String, List<Byte>>();
        for (String file : disk.list()) {
            var bytes = new ArrayList<Byte>();
            for (byte b : disk.content(file)) {
                bytes.add(b);
            }
            all.put(file, bytes);
        }
        return all;
    }
}
