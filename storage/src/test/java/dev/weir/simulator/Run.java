package dev.weir.simulator;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a run has seen so far.
final class Run {
    /// Prints what happens, for one who looks into a seed.
    static final boolean TOLD = Boolean.getBoolean("simulator.tell");

    private final long seed;
    private final Set<Sometimes> reached = EnumSet.noneOf(Sometimes.class);
    private final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);

    /// A promise that was broken; the message ends with the line that repeats it.
    static final class Broken extends AssertionError {
        private static final long serialVersionUID = 1;

        Broken(String message) {
            super(message);
        }
    }

    Run(long seed) {
        this.seed = seed;
    }

    void tell(World world, String what) {
        if (TOLD) {
            System.out.printf("%10.3f s  %s%n", world.nanos() / 1e9, what);
        }
    }

    void sometimes(Sometimes point) {
        reached.add(point);
    }

    void happened(Fault fault) {
        faults.merge(fault, 1, Integer::sum);
    }

    Set<Sometimes> reached() {
        return reached;
    }

    Map<Fault, Integer> faults() {
        return faults;
    }

    void check(boolean holds, String promise, @Nullable Object... arguments) {
        if (!holds) {
            throw broken(promise.formatted(arguments));
        }
    }

    Broken broken(String what) {
        return new Broken(
                "seed " + seed + ": " + what + "\nagain: mvn -pl storage -am test -Dtest=SimulatorTest#oneSeed"
                        + " -Dsurefire.failIfNoSpecifiedTests=false -Dsimulator.seed=" + seed);
    }
}
