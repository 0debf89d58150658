package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.control.AuditReport.Check;
import dev.weir.control.AuditReport.Verdict;
import dev.weir.postgres.Audit.AttemptTwice;
import dev.weir.postgres.Audit.Difference;
import dev.weir.postgres.Audit.EpochSeqs;
import dev.weir.postgres.Audit.Findings;
import dev.weir.postgres.Audit.Hole;
import dev.weir.postgres.Audit.Twice;
import dev.weir.postgres.Gaps.Noticed;
import dev.weir.spool.Gap;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What is a failure and what is only worth telling.
class HistoryAuditTest {
    private static final EpochSeqs SOUND = new EpochSeqs("n", 1, 100, 1, 100, 100, true);

    @Test
    void aSoundHistoryIsAllOk() {
        assertThat(HistoryAudit.checks(found(List.of(SOUND), List.of(), List.of()))).extracting(Check::verdict)
                .containsOnly(Verdict.OK);
    }

    @Test
    void aHoleThatIsOnRecordIsToldAndNoFailure() {
        var check = sequences(List.of(SOUND), List.of(new Hole("n", 1, 11, 20)), List.of(gap(1, 11, 20L)));

        assertThat(check.verdict()).isEqualTo(Verdict.OK);
        assertThat(check.evidence()).containsExactly("on record: n-1-11…20 (missing)");
    }

    @Test
    void whatOfAHoleIsNotOnRecordIsAFailure() {
        var check = sequences(List.of(SOUND), List.of(new Hole("n", 1, 11, 40)),
                List.of(gap(1, 5, 15L), gap(1, 21, 30L), gap(2, 11, 40L)));

        assertThat(check.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(check.evidence()).startsWith("n-1-16…20 not there, and no gap on record",
                "n-1-31…40 not there, and no gap on record");
        assertThat(check.summary()).contains("15 events are missing");
    }

    @Test
    void aGapWhoseEventsTurnedUpIsToldAsFilled() {
        var check = sequences(List.of(SOUND), List.of(), List.of(gap(1, 11, 20L)));

        assertThat(check.verdict()).isEqualTo(Verdict.OK);
        assertThat(check.evidence()).containsExactly("on record: n-1-11…20 (missing), and all there since");
    }

    @Test
    void anOpenEndedGapCoversWhateverCameAfterIt() {
        var check = sequences(List.of(SOUND), List.of(new Hole("n", 1, 90, 95)), List.of(gap(1, 80, null)));

        assertThat(check.verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void eventsBeyondTheWatermarkAreAFailure() {
        var check = sequences(List.of(new EpochSeqs("n", 1, 100, 1, 100, 90, true)), List.of(), List.of());

        assertThat(check.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(check.evidence().getFirst()).contains("up to 100").contains("90");
    }

    @Test
    void eachOtherFindingFailsItsOwnCheck() {
        var all = HistoryAudit.checks(new Findings(List.of(new EpochSeqs("n", 7, 1, 1, 1, 1, false)), List.of(),
                List.of(), List.of(new Twice("n", 7, 1, "on a and on b")),
                List.of(new AttemptTwice("call", 1, 2, "n-7-1, n-7-2")),
                List.of(new Difference("run_totals", "run=r", List.of("cost: 1 stored, 2 counted"))), 1));

        assertThat(all).extracting(check -> check.name() + " " + check.verdict())
                .containsExactly("sequences OK", "epochs FAILED", "ids FAILED", "attempts FAILED", "totals FAILED");
        assertThat(all).flatExtracting(Check::evidence)
                .containsExactly("n-7", "n-7-1 on a and on b", "attempt 1 of call call has 2 events: n-7-1, n-7-2",
                        "run_totals run=r: cost: 1 stored, 2 counted");
    }

    @Test
    void oneFailureIsTheVerdictOfAllAndUndecidedOnlyWhereNothingFailed() {
        assertThat(report(Verdict.OK, Verdict.UNDECIDED, Verdict.FAILED)).isEqualTo(Verdict.FAILED);
        assertThat(report(Verdict.OK, Verdict.UNDECIDED)).isEqualTo(Verdict.UNDECIDED);
        assertThat(report(Verdict.OK, Verdict.OK)).isEqualTo(Verdict.OK);
    }

    private static Verdict report(Verdict... verdicts) {
        return new AuditReport(Instant.EPOCH, Instant.MAX, java.util.Arrays.stream(verdicts)
                .map(verdict -> new Check("ids", verdict, "", List.of()))
                .toList()).verdict();
    }

    private static Check sequences(List<EpochSeqs> epochs, List<Hole> holes, List<Noticed> gaps) {
        return HistoryAudit.checks(found(epochs, holes, gaps)).getFirst();
    }

    private static Findings found(List<EpochSeqs> epochs, List<Hole> holes, List<Noticed> gaps) {
        return new Findings(epochs, holes, gaps, List.of(), List.of(), List.of(), 3);
    }

    private static Noticed gap(long epoch, long first, @Nullable Long last) {
        return new Noticed(new Gap("n", epoch, first, last, Gap.Reason.MISSING), Instant.EPOCH);
    }
}
