package dev.weir.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

class SimulatorTest {
    @Test
    void oneSeedIsOneRun() {
        for (long seed = 1; seed <= 5; seed++) {
            assertThat(Simulation.run(seed)).isEqualTo(Simulation.run(seed));
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "simulator.seed", matches = "\\d+")
    void oneSeed() {
        System.out.println(Simulation.run(Long.getLong("simulator.seed")));
    }

    @Test
    void manySeeds() {
        long begun = System.nanoTime();
        for (long seed = 1; seed <= Long.getLong("simulator.seeds", 200); seed++) {
            Simulation.run(seed);
        }
        System.out.println((System.nanoTime() - begun) / 1_000_000);
    }
}
