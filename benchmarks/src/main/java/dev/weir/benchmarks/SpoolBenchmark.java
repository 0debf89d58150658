package dev.weir.benchmarks;

import dev.weir.disk.FileDisk;
import dev.weir.event.Attribution;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.UsageJournal.Append;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.port.Clock;
import dev.weir.spool.Spool;
import dev.weir.spool.SpoolConfig;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/// What the two records of a call cost the event loop, and what the rejected ways would.
///
/// - `handOver`: encoding and handing over both records through the real [Spool] on a real disk, synced every 10 ms beside it;
///   the events are there already, and a call begins every 20 µs, so that the disk keeps up and nothing waits for it
/// - `handOverOfTwoLoops`: the same by two threads at once, each at that pace
/// - `mappedSegment`: the building of the two events as well, as fast as it goes
/// - `writeEachRecord`: two plain `FileChannel.write` of records of the same size, on the calling thread
/// - `writerThread`: the same bytes handed to one writer thread that writes a burst with one call; the caller waits until its
///   record is written, as *kept before seen* demands
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx512m"})
public class SpoolBenchmark {
    /// A record of this benchmark's event with its header and padding.
    private static final int RECORD_BYTES = 256;

    private Path folder = Path.of("");
    private Spool spool;
    private BurstWriter burst;
    private FileChannel plain;
    private final AtomicBoolean running = new AtomicBoolean(true);
    private final AtomicLong calls = new AtomicLong();
    private final UsageEvent opened = event("0", Outcome.INTERRUPTED, Quantities.NONE);
    private final Quantities used = Quantities.builder()
            .reported(Meter.TOKENS_IN, 1_200)
            .reported(Meter.TOKENS_OUT, 345)
            .reported(Meter.CACHE_READ, 1_024)
            .reported(Meter.CALLS, 1)
            .reported(Meter.EGRESS_BYTES, 2_401)
            .reported(Meter.INGRESS_BYTES, 2_421)
            .build();

    public SpoolBenchmark() {
        try {
            folder = Files.createTempDirectory(
                    Path.of(System.getProperty("weir.bench.folder", "target")).toAbsolutePath(),
                    "spool-bench");
            spool = Spool.open(SpoolConfig.of("bench", FileDisk.bootId()).withQuotaBytes(1L << 40),
                    FileDisk.open(folder.resolve("spool")), new SystemClock(), new SecureRandom()::nextBytes, e -> e);
            plain = FileChannel.open(folder.resolve("plain"), StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE);
            burst = new BurstWriter(FileChannel.open(folder.resolve("burst"), StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE));
        } catch (IOException failed) {
            throw new java.io.UncheckedIOException(failed);
        }
    }

    @Setup(Level.Trial)
    public void start() {
        background(() -> {
            spool.sync();
            return 10_000_000;
        });
        background(() -> {
            spool.stored(spool.epoch(), spool.keptSeq());
            return spool.work() ? 0 : 1_000_000;
        });
        Thread.ofPlatform().daemon().start(burst);
    }

    private void background(java.util.function.LongSupplier round) {
        Thread.ofPlatform().daemon().start(() -> {
            while (running.get()) {
                LockSupport.parkNanos(round.getAsLong());
            }
        });
    }

    @TearDown(Level.Trial)
    public void stop() throws IOException {
        running.set(false);
        spool.close();
        plain.close();
        burst.stop();
        try (var files = Files.walk(folder)) {
            files.sorted(java.util.Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        }
    }

    /// Far more calls a second than any gateway sees, so that the disk falls behind and the spool refuses: then this waits. The
    /// median is the cost of the two appends, the tail is the disk's.
    @Benchmark
    public long mappedSegment() {
        var callId = Long.toString(calls.incrementAndGet() + 1_000_000_000_000L, 36);
        var event = with(opened, callId, Outcome.INTERRUPTED, Quantities.NONE);
        while (!(spool.open(event) instanceof Append.Kept)) {
            LockSupport.parkNanos(1_000_000);
        }
        return switch (spool.settle(with(opened, callId, Outcome.OK, used))) {
            case Append.Kept(long seq) -> seq;
            case Append.NotKept(String why) -> throw new IllegalStateException(why);
        };
    }

    @Benchmark
    public long handOver(Loop loop) {
        return handOver(loop.next());
    }

    @Benchmark
    @Threads(2)
    public long handOverOfTwoLoops(Loop loop) {
        return handOver(loop.next());
    }

    private long handOver(Pair call) {
        if (spool.open(call.opening) instanceof Append.Kept
                && spool.settle(call.settlement) instanceof Append.Kept(long seq)) {
            return seq;
        }
        throw new IllegalStateException("the disk does not keep up with the pace: " + spool.lastError());
    }

    /// The two records of a call.
    record Pair(UsageEvent opening, UsageEvent settlement) {}

    /// An event loop with calls ready to be written down; one is settled long before its name comes round again.
    @State(Scope.Thread)
    public static class Loop {
        private static final int CALLS = 1_024;
        private static final long PACE_NANOS = 20_000;
        private static final AtomicLong NAMES = new AtomicLong(1_000_000_000_000L);

        private final Pair[] calls = new Pair[CALLS];
        private int next;
        private long due = System.nanoTime();

        @Setup(Level.Trial)
        public void prepare(SpoolBenchmark benchmark) {
            for (int i = 0; i < CALLS; i++) {
                var callId = Long.toString(NAMES.incrementAndGet(), 36);
                calls[i] = new Pair(with(benchmark.opened, callId, Outcome.INTERRUPTED, Quantities.NONE),
                        with(benchmark.opened, callId, Outcome.OK, benchmark.used));
            }
        }

        /// Outside the sample.
        @Setup(Level.Invocation)
        public void pace() {
            while (System.nanoTime() - due < 0) {
                Thread.onSpinWait();
            }
            due = System.nanoTime() + PACE_NANOS;
        }

        Pair next() {
            return calls[next++ & CALLS - 1];
        }
    }

    @Benchmark
    public int writeEachRecord() throws IOException {
        var record = BurstWriter.RECORD.get().clear().limit(RECORD_BYTES);
        int written = plain.write(record);
        record.rewind();
        return written + plain.write(record);
    }

    @Benchmark
    public long writerThread() {
        burst.append();
        return burst.append();
    }

    /// The alternative of the decision record: records are queued, one thread writes all that is there with one call.
    private static final class BurstWriter implements Runnable {
        static final ThreadLocal<ByteBuffer> RECORD = ThreadLocal
                .withInitial(() -> ByteBuffer.allocateDirect(RECORD_BYTES));

        private final FileChannel channel;
        private final AtomicLong queued = new AtomicLong();
        private volatile long written;
        private volatile boolean stopped;
        private volatile Thread writer = Thread.currentThread();

        BurstWriter(FileChannel channel) {
            this.channel = channel;
        }

        long append() {
            long mine = queued.incrementAndGet();
            LockSupport.unpark(writer);
            while (written < mine && !stopped) {
                Thread.onSpinWait();
            }
            return mine;
        }

        @Override
        public void run() {
            writer = Thread.currentThread();
            var buffer = ByteBuffer.allocateDirect(1 << 20);
            while (!stopped) {
                long upTo = queued.get();
                if (upTo == written) {
                    LockSupport.park(this);
                    continue;
                }
                buffer.clear().limit((int) Math.min(buffer.capacity(), (upTo - written) * RECORD_BYTES));
                try {
                    channel.write(buffer);
                } catch (IOException failed) {
                    throw new java.io.UncheckedIOException(failed);
                }
                written = upTo;
            }
        }

        void stop() throws IOException {
            stopped = true;
            LockSupport.unpark(writer);
            channel.close();
        }
    }

    private static UsageEvent event(String callId, Outcome outcome, Quantities quantities) {
        return new UsageEvent(callId, 1, Instant.parse("2026-11-24T12:00:00.123456789Z"), new TenantId("acme"),
                new KeyId("key_01jd6v9k3x"), "ada", "openai", "openai", "gpt-4o", "gpt-4o-2024-08-06", null, "default",
                "chatcmpl-AXfq8S1vJ3kq9TtG6mYw0bZk2nLxu", Attribution.NONE, quantities,
                new WireBytes(1_400, 1_380, 1_021, 1_021), 200, 200, 812_000_000, 201_000_000, 0, -1, outcome, null,
                "openai-2026-11-01", Money.ofPicos(3_750_000_000L), Flags.NONE);
    }

    private static UsageEvent with(UsageEvent e, String callId, Outcome outcome, Quantities quantities) {
        return new UsageEvent(callId, e.attempt(), e.time(), e.tenant(), e.key(), e.user(), e.route(), e.provider(),
                e.modelAsked(), e.modelAnswered(), e.region(), e.serviceTier(), e.providerRequestId(), e.attribution(),
                quantities, e.bytes(), e.clientStatus(), e.upstreamStatus(), e.latencyNanos(), e.firstTokenNanos(),
                e.clientRetryCount(), e.retryAfterSeconds(), outcome, e.reasonCode(), e.priceVersion(), e.cost(),
                e.flags());
    }

    private record SystemClock() implements Clock {
        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    }
}
