package dev.weir.simulator;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/// Many runs, on all processors; what they reached, and which of them broke a promise.
final class Seeds {
    private final Set<Sometimes> reached = EnumSet.noneOf(Sometimes.class);
    private final Map<Fault, Integer> runsWith = new EnumMap<>(Fault.class);
    private final Map<Long, String> broken = new ConcurrentSkipListMap<>();
    private long runs;
    private long calls;

    /// Runs the seeds from `first` to `last`.
    ///
    /// @param done told the number of each seed that ended, in any order
    void run(long first, long last, LongConsumer done) throws InterruptedException {
        var next = new AtomicLong(first);
        int processors = Runtime.getRuntime().availableProcessors();
        try (var threads = Executors.newFixedThreadPool(processors)) {
            for (int i = 0; i < processors; i++) {
                threads.execute(() -> {
                    long seed;
                    while ((seed = next.getAndIncrement()) <= last) {
                        runOne(seed);
                        done.accept(seed);
                    }
                });
            }
        }
    }

    private void runOne(long seed) {
        try {
            note(Simulation.run(seed));
        } catch (Throwable unforeseen) {
            broken.put(seed, String.valueOf(unforeseen.getMessage()));
        }
    }

    private synchronized void note(Simulation.Report report) {
        runs++;
        calls += report.calls();
        reached.addAll(report.reached());
        report.faults().keySet().forEach(fault -> runsWith.merge(fault, 1, Integer::sum));
    }

    Map<Long, String> broken() {
        return broken;
    }

    synchronized Set<Sometimes> neverReached() {
        var never = EnumSet.allOf(Sometimes.class);
        never.removeAll(reached);
        return never;
    }

    /// The faults that happened in less than one run of a hundred.
    synchronized Set<Fault> rare() {
        var rare = EnumSet.noneOf(Fault.class);
        for (Fault fault : Fault.values()) {
            if (runsWith.getOrDefault(fault, 0) * 100L < runs) {
                rare.add(fault);
            }
        }
        return rare;
    }

    @Override
    public synchronized String toString() {
        return runs + " runs with " + calls + " calls; faults by the number of runs they happened in: " + runsWith
                + "; broken: " + broken.keySet();
    }
}
