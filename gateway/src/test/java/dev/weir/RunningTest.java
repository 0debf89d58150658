package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/// What was started is stopped, whatever happens on the way.
class RunningTest {
    private final List<String> stopped = new ArrayList<>();
    private final Running running = new Running();

    @Test
    void partsAreStoppedInTheOtherOrderAndOneThatCannotBeDoesNotKeepTheOthersFromIt() {
        running.add("first", () -> stopped.add("first"));
        running.add("second", () -> {
            throw new TimeoutException();
        });
        running.add("third", () -> stopped.add("third"));

        running.close();
        running.close();

        assertThat(stopped).containsExactly("third", "first");
    }

    @Test
    void anInterruptDoesNotReachThePartsAndIsThereAfterwards() {
        running.add("waits", () -> {
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            stopped.add("waits");
        });
        Thread.currentThread().interrupt();

        running.close();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(stopped).containsExactly("waits");
    }
}
