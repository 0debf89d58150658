package dev.weir.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.lease.LeaseExplorer.Explored;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The lease protocol in all interleavings, within the bounds that each [LeaseWorld] names. So many states were there when this
/// was written: fewer would mean that the model no longer does what it did.
class LeaseModelTest {
    private static final LeaseWorld NETWORK = new LeaseWorld(3, 2, LeaseWorld.NEVER, 1, 0, false, 0, false, 2);
    private static final LeaseWorld CRASHES = new LeaseWorld(3, 1, LeaseWorld.NEVER, 2, 3, true, 0, false, 1);
    private static final LeaseWorld LATE_MESSAGES = new LeaseWorld(2, 1, LeaseWorld.NEVER, 2, 2, true, 0, false, 2);
    private static final LeaseWorld TIME = new LeaseWorld(3, 1, LeaseWorld.NEVER, 1, 0, false, 1, true, 1);
    private static final LeaseWorld TIME_AND_CRASHES = new LeaseWorld(2, 1, LeaseWorld.NEVER, 2, 1, true, 1, true, 1);
    private static final LeaseWorld LOWERED = new LeaseWorld(2, 2, 1, 1, 0, false, 0, false, 1);
    private static final LeaseWorld LOWERED_AND_KILL = new LeaseWorld(2, 2, 1, 2, 1, false, 0, false, 1);
    private static final LeaseWorld ANY_OTHERS = new LeaseWorld(1, 1, LeaseWorld.NEVER, 3, 2, true, 2, true, 2);
    private static final LeaseWorld ANY_OTHERS_OF_MORE = new LeaseWorld(1, 2, LeaseWorld.NEVER, 2, 1, true, 1, true, 1);

    // For mistakes: the least world that shows them.
    private static final LeaseWorld TWO = new LeaseWorld(2, 2, LeaseWorld.NEVER, 1, 0, false, 0, false, 2);
    private static final LeaseWorld TWO_CRASH = new LeaseWorld(2, 2, LeaseWorld.NEVER, 2, 1, true, 0, false, 2);
    private static final LeaseWorld TWO_FORFEIT = new LeaseWorld(2, 1, LeaseWorld.NEVER, 1, 0, false, 2, true, 1);

    static Stream<Arguments> worlds() {
        return Stream.of(Arguments.of("three nodes, a cap of 2, lost, repeated and late messages", NETWORK, 1_333_078),
                Arguments.of("three nodes, a cap of 1, each killed or cut from power once", CRASHES, 3_235_150),
                Arguments.of("two nodes, each crashes once, two messages of each under way", LATE_MESSAGES, 216_117),
                Arguments.of("three nodes, one of which is silent, expires and is given up", TIME, 291_758),
                Arguments.of("two nodes, one is given up, one crashes", TIME_AND_CRASHES, 548_611),
                Arguments.of("two nodes, and the amount is lowered from 2 to 1", LOWERED, 2_733_208),
                Arguments.of("two nodes, the amount is lowered from 2 to 1, one is killed", LOWERED_AND_KILL,
                        10_955_497),
                Arguments.of("one node among any others, crashes twice, is given up twice", ANY_OTHERS, 186_332),
                Arguments.of("one node among any others, a cap of 2", ANY_OTHERS_OF_MORE, 46_587));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("worlds")
    void noInterleavingBreaksTheCapOrLosesAUnit(String name, LeaseWorld world, int states) {
        Explored explored = new LeaseExplorer(world, LeaseMistake.NONE).explore();
        System.out.printf("%s: %,d states, %,d nodes, %,d steps%n", name, explored.states(), explored.nodes(),
                explored.steps());
        assertThat(explored.fault()).as(() -> told(name, explored)).isNull();
        assertThat(explored.states()).as(name).isGreaterThanOrEqualTo(states);
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(Arguments.of(LeaseMistake.NO_FENCE_BY_EPOCH, TWO_CRASH, 13),
                Arguments.of(LeaseMistake.NO_LOOK_AT_THE_NUMBER, TWO, 6),
                Arguments.of(LeaseMistake.DIFFERENCES, TWO, 2),
                Arguments.of(LeaseMistake.LOWERED_AFTER_THE_ANSWER, TWO, 5),
                Arguments.of(LeaseMistake.UNKNOWN_COUNTS_AS_GRANTED, TWO, 2),
                Arguments.of(LeaseMistake.OLD_ANSWER_APPLIED, TWO, 6),
                Arguments.of(LeaseMistake.IDLE_TAKEN_OVER_AFTER_A_POWER_CUT, TWO_CRASH, 5),
                Arguments.of(LeaseMistake.LOST_IS_FORGOTTEN, TWO_CRASH, 5),
                Arguments.of(LeaseMistake.READ_BEFORE_THE_FENCE, TWO_CRASH, 14),
                Arguments.of(LeaseMistake.SPENT_AFTER_EXPIRY, TWO_FORFEIT, 11),
                Arguments.of(LeaseMistake.NO_DRIFT_MARGIN, TWO_FORFEIT, 6),
                Arguments.of(LeaseMistake.EXPIRY_COUNTED_FROM_THE_ANSWER, TWO_FORFEIT, 6),
                Arguments.of(LeaseMistake.FORFEITED_BEFORE_EXPIRY, TWO_FORFEIT, 4),
                Arguments.of(LeaseMistake.FORFEITED_WITHOUT_A_FENCE, TWO_FORFEIT, 10),
                Arguments.of(LeaseMistake.FORFEIT_COUNTS_ON, TWO_FORFEIT, 4),
                Arguments.of(LeaseMistake.LOWERED_AMOUNT_IGNORED_BY_THE_GRANT, LOWERED, 3),
                Arguments.of(LeaseMistake.LOWERED_AMOUNT_NOT_TOLD, LOWERED, 7),
                Arguments.of(LeaseMistake.LOWERED_AMOUNT_IGNORED_BY_THE_NODE, LOWERED, 7));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void eachMistakeIsShownByAShortestPath(LeaseMistake mistake, LeaseWorld world, int length) {
        Explored explored = new LeaseExplorer(world, mistake).explore();
        System.out.println(told(mistake.name(), explored));
        assertThat(explored.fault()).as(mistake.name()).isNotNull();
        assertThat(explored.path()).as(() -> told(mistake.name(), explored)).hasSize(length);
    }

    @Test
    void everyMistakeIsTried() {
        List<Object> tried = mistakes().map(each -> each.get()[0]).toList();
        assertThat(tried).doesNotContain(LeaseMistake.NONE)
                .doesNotHaveDuplicates()
                .hasSize(LeaseMistake.values().length - 1)
                .isSubsetOf(Arrays.asList((Object[]) LeaseMistake.values()));
    }

    private static String told(String name, Explored explored) {
        return name + ": " + explored.fault() + ", in " + explored.path().size() + " steps\n    "
                + String.join("\n    ", explored.path());
    }
}
