package dev.weir.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LendingRuleTest {
    private static final long MOST = Long.MAX_VALUE;

    @ParameterizedTest
    @CsvSource(textBlock = """
            # amount, elsewhere, keep, lost, need, wish, nodes, lent
            # A wish is granted out of what is free, and up to a fair share beyond it.
                 100,         0,    0,    0,    1,    1,     3,   16
                 100,         0,    0,    0,    1,   40,     3,   40
                 100,        60,    0,    0,    1,   60,     3,   40
            # What is kept and what is lost is not free.
                 100,        50,   30,   10,    1,   40,     3,   40
                 100,        50,   30,   20,    1,   40,     3,   30
            # All that is needed is free, or nothing is added.
                 100,        90,    0,    0,   10,   20,     3,   10
                 100,        90,    0,    0,   11,   20,     3,    0
            # No wish: what is kept is all.
                 100,         0,   30,    0,    0,    0,     3,   30
                 100,         0,    0,    0,    0,    0,     3,    0
            # A lowered amount takes nothing away, and adds nothing.
                  10,        20,    5,    0,    0,    1,     3,    5
                  10,         0,   30,    0,    0,    1,     3,   30
                   0,         0,    0,    0,    0,    0,     3,    0
            # One node alone is lent the half.
                 100,         0,    0,    0,    1,    1,     1,   50
                 100,         0,    0,    0,    1,    1,     0,   50
            """)
    void theRule(long amount, long elsewhere, long keep, long lost, long need, long wish, int nodes, long lent) {
        assertThat(LendingRule.lent(amount, elsewhere, keep, lost, need, wish, nodes)).isEqualTo(lent);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            # named, stored, elsewhere, amount, told
            # What is not stored is lent as it is named.
                100,     -1,        30,    100,   30
            # Of a lowered amount a node is not to have what it named beyond it, so others have it.
                100,     40,        30,     40,   90
                100,      0,         0,      0,  100
            # A node that has not heard of a raised amount is lent of the one it knows.
                 40,    100,        30,     40,   30
            """)
    void theLesserOfTheAmountThatIsNamedAndTheOneInForceIsLent(long named, long stored, long elsewhere, long amount,
            long told) {
        assertThat(LendingRule.amount(named, stored < 0 ? MOST : stored)).isEqualTo(amount);
        assertThat(LendingRule.toldElsewhere(elsewhere, named, amount)).isEqualTo(told);
        assertThat(LendingRule.toldElsewhere(MOST - 1, named, amount))
                .isEqualTo(named - amount > 1 ? MOST : MOST - 1 + named - amount);
    }

    @Test
    void nothingIsTakenAwayAndNoMoreIsAddedThanIsFree() {
        var random = new Random(7);
        for (int i = 0; i < 200_000; i++) {
            long amount = any(random);
            long elsewhere = any(random);
            long keep = any(random);
            long lost = any(random);
            long wish = any(random);
            long need = wish == 0 ? 0 : any(random) % wish;
            long lent = LendingRule.lent(amount, elsewhere, keep, lost, need, wish, 1 + random.nextInt(5));
            assertThat(lent).isGreaterThanOrEqualTo(keep);
            if (lent > keep) {
                assertThat(lent - keep).isGreaterThanOrEqualTo(need);
                assertThat(amount - elsewhere).isGreaterThan(0);
                assertThat(amount - elsewhere - lost).isGreaterThanOrEqualTo(lent);
            }
        }
    }

    /// Small ones, which meet each other, and some of the largest.
    private static long any(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> MOST - random.nextInt(3);
            case 1 -> random.nextLong(MOST);
            default -> random.nextInt(12);
        };
    }
}
