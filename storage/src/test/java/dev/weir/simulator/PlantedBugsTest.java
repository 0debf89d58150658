package dev.weir.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// A simulator that misses a bug is as bad as a lost event: each planted bug must break a promise within 10,000 seeds.
class PlantedBugsTest {
    private static final int SEEDS_MAX = Integer.getInteger("planted.seeds", 10_000);

    @Test
    void everyPlantedBugIsFound() throws Exception {
        assumeTrue(MutantLoader.hasSources(), "SKIPPED: the sources are not beside the classes");
        Quiet.logs();
        assertThat(PlantedBugs.ALL).hasSizeGreaterThanOrEqualTo(25);
        var searches = new ArrayList<Callable<String>>();
        for (PlantedBug bug : PlantedBugs.ALL) {
            searches.add(() -> find(bug));
        }
        var missed = new ArrayList<String>();
        try (var threads = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            for (Future<String> found : threads.invokeAll(searches)) {
                if (!found.get().isEmpty()) {
                    missed.add(found.get());
                }
            }
        }
        assertThat(missed).as("planted bugs that no seed found").isEmpty();
    }

    /// @return empty where a seed found it, else what it was
    private static String find(PlantedBug bug) throws Exception {
        var run = run(MutantLoader.of(bug));
        for (long n = 0; n <= SEEDS_MAX; n++) {
            long from = bug.seed() >= Simulation.SHARED_FROM ? Simulation.SHARED_FROM : 0;
            long seed = n == 0 ? bug.seed() : from + n;
            try {
                run.invoke(seed);
            } catch (Throwable broken) {
                // Found, unless the seed fails without it.
                Simulation.run(seed);
                System.out.printf("%-80s seed %5d: %s%n", bug, seed, firstLine(broken));
                return "";
            }
        }
        return bug.what();
    }

    private static MethodHandle run(ClassLoader loader) throws ReflectiveOperationException {
        var simulation = loader.loadClass(Simulation.class.getName());
        var lookup = MethodHandles.privateLookupIn(simulation, MethodHandles.lookup());
        var report = loader.loadClass(Simulation.Report.class.getName());
        return lookup.findStatic(simulation, "run", MethodType.methodType(report, long.class))
                .asType(MethodType.methodType(Object.class, long.class));
    }

    private static String firstLine(Throwable broken) {
        var text = String.valueOf(broken.getMessage());
        return text.lines().findFirst().orElse("").replaceFirst("seed \\d+: ", "");
    }

    @Test
    void aBugIsPlantedInOneFileOnly() {
        Map<String, List<String>> names = new HashMap<>();
        PlantedBugs.ALL.forEach(bug -> names.computeIfAbsent(bug.what(), _ -> new ArrayList<>()).add(bug.file()));
        assertThat(names.values()).allMatch(files -> files.size() == 1);
    }
}
