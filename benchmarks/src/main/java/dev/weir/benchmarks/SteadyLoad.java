package dev.weir.benchmarks;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/// Calls at a fixed rate, whatever the answers do: an open loop. A call's latency counts from when it was due, so a pause of the
/// server is seen by every call that was due in it.
///
/// `SteadyLoad PORT REQUEST-FILE CALLS-PER-SECOND CONNECTIONS`: sends the bytes of the file as each request. Prints each second
/// `answered bad p50 p99 max` (of that second, in microseconds), and ends, all calls answered, when its input ends, with a last
/// line `total answered bad`.
public final class SteadyLoad {
    private static final long LATENCY_MAX_MICROS = 60_000_000;

    private final int port;
    private final byte[] request;
    private final long paceNanos;
    private final Recorder latencies = new Recorder(LATENCY_MAX_MICROS, 3);
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong bad = new AtomicLong();
    private volatile boolean ending;

    private SteadyLoad(int port, byte[] request, long paceNanos) {
        this.port = port;
        this.request = request;
        this.paceNanos = paceNanos;
    }

    public static void main(String[] args) throws Exception {
        int connections = Integer.parseInt(args[3]);
        long pace = connections * 1_000_000_000L / Long.parseLong(args[2]);
        new SteadyLoad(Integer.parseInt(args[0]), Files.readAllBytes(Path.of(args[1])), pace).run(connections);
    }

    private void run(int connections) throws InterruptedException, IOException {
        var clients = new ArrayList<Thread>();
        long begun = System.nanoTime();
        for (int i = 0; i < connections; i++) {
            long first = begun + paceNanos * i / connections;
            clients.add(Thread.ofPlatform().start(() -> call(first)));
        }
        var reporter = Thread.ofPlatform().daemon().start(this::report);
        while (System.in.read() >= 0) {
            Thread.onSpinWait();
        }
        ending = true;
        for (Thread client : clients) {
            client.join();
        }
        reporter.join();
        System.out.printf("total %d %d%n", answered.get(), bad.get());
    }

    /// One connection; what fails on it counts as bad, and it is made anew.
    private void call(long first) {
        for (long due = first; !ending;) {
            try (var socket = new Socket("127.0.0.1", port)) {
                socket.setTcpNoDelay(true);
                var in = new BufferedInputStream(socket.getInputStream());
                for (; !ending; due += paceNanos) {
                    await(due);
                    socket.getOutputStream().write(request);
                    count(status(in), due);
                }
            } catch (IOException failed) {
                bad.incrementAndGet();
                due += paceNanos;
            }
        }
    }

    private static void await(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private void count(int status, long due) {
        if (status == 200) {
            answered.incrementAndGet();
            latencies.recordValue(Math.min(LATENCY_MAX_MICROS, (System.nanoTime() - due) / 1_000));
        } else {
            bad.incrementAndGet();
        }
    }

    /// Reads one answer, whose length its head declares.
    private static int status(InputStream in) throws IOException {
        int status = 0;
        int length = -1;
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            if (status == 0) {
                status = Integer.parseInt(line.substring(9, 12));
            } else if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(line.substring(15).strip());
            }
        }
        if (length < 0 || in.readNBytes(length).length < length) {
            throw new IOException("an answer without its whole body");
        }
        return status;
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the connection ended");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private void report() {
        Histogram second = new Histogram(LATENCY_MAX_MICROS, 3);
        long before = 0;
        long badBefore = 0;
        for (long due = System.nanoTime() + 1_000_000_000L; !ending; due += 1_000_000_000L) {
            await(due);
            latencies.getIntervalHistogramInto(second);
            long all = answered.get();
            long allBad = bad.get();
            System.out.printf("%d %d %d %d %d%n", all - before, allBad - badBefore, second.getValueAtPercentile(50),
                    second.getValueAtPercentile(99), second.getMaxValue());
            System.out.flush();
            before = all;
            badBefore = allBad;
        }
    }
}
