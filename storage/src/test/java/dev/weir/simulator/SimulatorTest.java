package dev.weir.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// The share of the simulator that every build runs. `mvn -Psoak` goes on from there.
class SimulatorTest {
    private static final int SEEDS = 1_500;
    private static final int SHARED_SEEDS = 500;

    @BeforeAll
    static void quiet() {
        Quiet.logs();
    }

    @Test
    void oneSeedIsOneRun() {
        for (long seed = 1; seed <= 5; seed++) {
            assertThat(Simulation.run(seed)).isEqualTo(Simulation.run(seed));
        }
    }

    @Test
    void nothingIsLostOrCountedTwiceWhateverFails() throws Exception {
        var seeds = new Seeds();
        seeds.run(1, SEEDS, seed -> {});
        System.out.println(seeds);
        assertThat(seeds.broken()).isEmpty();
        assertThat(seeds.neverReached()).as("what no run reached, so what is not tried")
                .allMatch(Sometimes::isOfShared);
        assertThat(seeds.rare()).as("faults in less than 1 %% of the runs").isEmpty();
    }

    @Test
    void nodesThatShareACapNeverExceedItWhateverFails() throws Exception {
        var seeds = new Seeds();
        seeds.run(Simulation.SHARED_FROM, Simulation.SHARED_FROM + SHARED_SEEDS - 1, seed -> {});
        System.out.println(seeds);
        assertThat(seeds.broken()).isEmpty();
        assertThat(seeds.neverReached()).as("what no run reached, so what is not tried")
                .noneMatch(Sometimes::isOfShared);
    }

    @Test
    void everySeedThatEverFailedPasses() {
        for (long seed : failedOnce()) {
            Simulation.run(seed);
        }
    }

    /// To look into one seed: `-Dsimulator.seed=N`, and `-Dsimulator.tell=true` for its story.
    @Test
    @EnabledIfSystemProperty(named = "simulator.seed", matches = "\\d+")
    void oneSeed() {
        System.out.println(Simulation.run(Long.getLong("simulator.seed")));
    }

    private static List<Long> failedOnce() {
        try (var file = Objects.requireNonNull(SimulatorTest.class.getResourceAsStream("failed-seeds.txt"))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> Long.valueOf(line.strip()))
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
