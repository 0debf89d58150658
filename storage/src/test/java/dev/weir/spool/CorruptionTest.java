package dev.weir.spool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Any bytes in the spool folder: no crash, no wrong record, and what lies before and after the damage is kept.
class CorruptionTest {
    private static final int CASES = 10_000;
    private static final int CALLS = 1_200;

    @Test
    void tenThousandRandomCorruptionsNeverGiveAWrongRecord() throws Exception {
        var healthy = folder();
        var truth = events(Spools.open(copy(healthy, healthy.keySet())));
        assertThat(truth).hasSize(CALLS);
        var files = healthy.keySet().stream().filter(name -> SegmentName.parse(name).isPresent()).toList();
        long lost = 0;
        for (int i = 0; i < CASES; i++) {
            int seed = i;
            var random = new Random(seed);
            var name = files.get(random.nextInt(files.size()));
            var disk = copy(healthy, List.of("node.id", "epoch", "recovered", name));
            disk.put(name, damaged(of(healthy, name), random));
            var found = events(Spools.open(disk));
            found.forEach((id, event) -> {
                if (!event.equals(truth.get(id)) && event.outcome() != Outcome.INTERRUPTED) {
                    throw new AssertionError("case " + seed + ": " + id + " is " + event);
                }
            });
            lost += Math.max(0, inFile(healthy, name, truth) - found.size());
        }
        assertThat(lost).as("the damage was real").isPositive();
    }

    @Test
    void aFlippedBitCostsOneRecordAtMost() throws Exception {
        var healthy = folder();
        var truth = events(Spools.open(copy(healthy, healthy.keySet())));
        var raw = healthy.keySet().stream().filter(name -> name.endsWith(".raw")).findFirst().orElseThrow();
        for (int i = 0; i < 500; i++) {
            var random = new Random(i);
            var disk = copy(healthy, healthy.keySet());
            byte[] bytes = of(healthy, raw).clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            disk.put(raw, bytes);
            var found = events(Spools.open(disk));
            assertThat(truth.keySet().stream().filter(id -> !found.containsKey(id))).as("seed %d", i)
                    .hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    void aSealedSegmentWithADamagedBlockKeepsTheOthers() throws Exception {
        var healthy = folder();
        var sealed = healthy.keySet().stream().filter(name -> name.endsWith(".lz4")).findFirst().orElseThrow();
        byte[] bytes = of(healthy, sealed).clone();
        Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 64, (byte) 0x5A);
        var disk = copy(healthy, healthy.keySet());
        disk.put(sealed, bytes);
        var spool = Spools.open(disk);
        assertThat(spool.badBlocks() + CALLS - events(spool).size()).isPositive();
        assertThat(events(spool).size()).isBetween(CALLS / 10, CALLS);
    }

    @Test
    void foreignFilesAreLeftAlone() throws Exception {
        var disk = new TornDisk();
        disk.put("README", "hello".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        disk.put("0000000001-00000001.raw", new byte[]{1, 2, 3});
        disk.put("0000000001-00000002.lz4", new byte[0]);
        disk.put("epoch", new byte[]{(byte) 0xFF, 0});
        var spool = Spools.open(disk);
        assertThat(spool.epoch()).isEqualTo(2);
        assertThat(disk.exists("README")).isTrue();
    }

    /// A folder as a kill leaves it: sealed segments and a raw one.
    private static Map<String, byte[]> folder() throws IOException {
        var disk = new TornDisk();
        var spool = Spools.open(disk);
        for (int i = 0; i < CALLS; i++) {
            Spools.call(spool, "call-" + i);
            if (i % 100 == 0) {
                spool.sync();
                spool.work();
            }
        }
        spool.sync();
        spool.work();
        var files = new HashMap<String, byte[]>();
        for (String name : disk.list()) {
            files.put(name, disk.content(name));
        }
        return files;
    }

    private static byte[] of(Map<String, byte[]> files, String name) {
        return Objects.requireNonNull(files.get(name));
    }

    private static TornDisk copy(Map<String, byte[]> files, Iterable<String> names) {
        var disk = new TornDisk();
        names.forEach(name -> {
            if (files.containsKey(name)) {
                disk.put(name, of(files, name));
            }
        });
        return disk;
    }

    private static byte[] damaged(byte[] healthy, Random random) {
        byte[] bytes = healthy.clone();
        int used = Math.max(512, used(bytes));
        switch (random.nextInt(5)) {
            case 0 -> {
                for (int flips = 1 + random.nextInt(20); flips > 0; flips--) {
                    bytes[random.nextInt(used)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            case 1 -> {
                int at = random.nextInt(used) & -512;
                Arrays.fill(bytes, at, Math.min(bytes.length, at + 512 * (1 + random.nextInt(8))), (byte) 0);
            }
            case 2 -> {
                return Arrays.copyOf(bytes, random.nextInt(used));
            }
            case 3 -> {
                var noise = new byte[Math.min(used, 1 + random.nextInt(4_096))];
                random.nextBytes(noise);
                System.arraycopy(noise, 0, bytes, random.nextInt(used - noise.length + 1), noise.length);
            }
            default -> {
                int length = Math.min(used / 2, 8 * (1 + random.nextInt(500)));
                System.arraycopy(healthy, random.nextInt(used - length), bytes, random.nextInt(used - length), length);
            }
        }
        return bytes;
    }

    private static int used(byte[] bytes) {
        int end = bytes.length - SegmentHeader.BYTES;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    private final Map<String, Integer> sizes = new HashMap<>();

    private int inFile(Map<String, byte[]> healthy, String name, Map<String, UsageEvent> truth) {
        return sizes.computeIfAbsent(name,
                file -> events(Spools.open(copy(healthy, List.of("node.id", "epoch", file)))).size());
    }

    private static Map<String, UsageEvent> events(Spool spool) {
        var events = new HashMap<String, UsageEvent>();
        try {
            for (KeptEvent kept : new ArrayList<>(Spools.events(spool))) {
                events.put(kept.id().epoch() + "-" + kept.id().seq(), kept.event());
            }
        } catch (UncheckedIOException unreadable) {
            throw new AssertionError(unreadable);
        }
        return events;
    }
}
