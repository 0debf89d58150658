package dev.weir.simulator;

import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BooleanSupplier;

/// Virtual time, chance, and all that is to happen. One thread; whoever waits lets the others run meanwhile.
///
/// Two runs of one seed do the same in the same order: [#digest] is equal then.
final class World {
    static final long MILLI = 1_000_000;
    static final long SECOND = 1_000 * MILLI;
    static final long MINUTE = 60 * SECOND;

    /// More than any run takes: one that goes on is caught in a circle.
    private static final long STEPS_MAX = 5_000_000;

    private final PriorityQueue<Task> tasks = new PriorityQueue<>();
    private final Random random;
    private final Random apart;
    private long nanos;
    private long order;
    private long digest = 17;
    private long steps;

    private record Task(long at, long order, Runnable run) implements Comparable<Task> {
        @Override
        public int compareTo(Task other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
        }
    }

    World(long seed) {
        random = new Random(seed);
        apart = new Random(seed * 0x9E37_79B9_7F4A_7C15L + 1);
    }

    /// Nanoseconds since the run began.
    long nanos() {
        return nanos;
    }

    Random random() {
        return random;
    }

    /// Chance for what changes nothing that anybody sees, so that it does not change what else is drawn either.
    Random apart() {
        return apart;
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    long between(long least, long most) {
        return least + Math.floorMod(random.nextLong(), most - least + 1);
    }

    /// Schedules a task.
    void after(long delay, Runnable run) {
        tasks.add(new Task(nanos + Math.max(0, delay), order++, run));
    }

    /// Runs all that happens before `until`, and moves there.
    void runUntil(long until) {
        while (!tasks.isEmpty() && tasks.peek().at <= until) {
            runNext();
        }
        nanos = Math.max(nanos, until);
    }

    /// Waits, as a blocked thread does: everybody else goes on.
    void pause(long delay) {
        var over = new boolean[1];
        after(delay, () -> over[0] = true);
        await(() -> over[0]);
    }

    /// Waits until it is so; something scheduled must bring that about.
    void await(BooleanSupplier over) {
        while (!over.getAsBoolean()) {
            runNext();
        }
    }

    private void runNext() {
        var next = tasks.remove();
        nanos = Math.max(nanos, next.at);
        if (++steps > STEPS_MAX) {
            throw new IllegalStateException("the run does not end");
        }
        note(next.at);
        next.run.run();
    }

    /// Adds to what tells two runs apart.
    void note(long what) {
        digest = digest * 31 + what;
    }

    long digest() {
        return digest * 31 + steps;
    }

    long steps() {
        return steps;
    }
}
