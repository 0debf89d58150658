package dev.weir.admission;

import static dev.weir.admission.Desk.bytes;
import static dev.weir.admission.Desk.counted;
import static dev.weir.admission.Desk.limit;
import static dev.weir.admission.Desk.noLimit;
import static dev.weir.lease.Leases.Answer.MORE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ledger.Settlement;
import dev.weir.money.Money;
import dev.weir.rating.Sku;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass(name = "in {0} parts")
@ValueSource(ints = {0, 1, 4})
class AdmissionsTest {
    /// Into how many parts the tenant's counters are divided.
    @Parameter
    int parts;

    private static final Limit ONE_DOLLAR = Limit.block("budget", Entity.THE_TENANT, Measure.of(Meter.COST),
            Window.MONTH, Money.PICOS_PER_USD);

    /// Plan free, 1,000 tokens a day: used before, input (b = bytes, c = counted, u = unseen), client's limit (- = none, f =
    /// fixed on this route), choices, the dialect's minimum.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0    | b100  | 900  | 1 | 1  | whole
            0    | b100  | 901  | 1 | 1  | count
            0    | b5000 | 1    | 1 | 1  | count
            0    | c100  | 901  | 1 | 1  | limit 900
            0    | c100  | 900  | 1 | 1  | whole
            0    | c100  | 450  | 2 | 1  | whole
            0    | c100  | 451  | 2 | 1  | limit 450
            0    | c999  | 500  | 1 | 1  | limit 1
            0    | c1000 | 500  | 1 | 1  | cap_exceeded
            0    | c985  | 500  | 1 | 16 | cap_exceeded
            0    | c984  | 500  | 1 | 16 | limit 16
            0    | c984  | 10   | 1 | 16 | whole
            0    | b100  | -    | 1 | 1  | count
            0    | c100  | -    | 1 | 1  | limit 900
            0    | c100  | -    | 3 | 1  | limit 300
            0    | c100  | 901f | 1 | 1  | cap_exceeded
            0    | c100  | 900f | 1 | 1  | whole
            0    | c100  | -f   | 1 | 1  | cap_exceeded
            950  | b10   | 40   | 1 | 1  | whole
            950  | c10   | 400  | 1 | 1  | limit 40
            999  | b10   | 40   | 1 | 1  | cap_exceeded
            1000 | b10   | 40   | 1 | 1  | cap_exceeded
            0    | u     | 10   | 1 | 1  | unbounded_request
            1000 | u     | 10   | 1 | 1  | cap_exceeded
            """)
    void onPlanFreeACallGetsWhatRemains(long used, String input, String output, int choices, long minimum,
            String decision) {
        var desk = desk(Plan.FREE);
        if (used > 0) {
            desk.use(used);
        }
        Input known = switch (input.charAt(0)) {
            case 'b' -> bytes(Long.parseLong(input.substring(1)));
            case 'c' -> counted(Long.parseLong(input.substring(1)));
            default -> new Input.Unseen("an image by URL");
        };
        String number = output.replace("f", "");
        long asked = number.equals("-") ? Output.NO_LIMIT : Long.parseLong(number);
        assertThat(desk.decide(desk.chat(known, new Output(asked, choices, minimum, !output.endsWith("f")))))
                .isEqualTo(decision);
        assertThat(desk.ledger.openReservations()).isZero();
    }

    /// Without a hard cap nothing is bounded, edited or refused.
    @ParameterizedTest
    @CsvSource({"pro", "enterprise"})
    void aPlanWithoutCapsLetsEverythingPassUntouched(String planId) {
        Plan plan = Plan.SHIPPED.stream().filter(p -> p.id().equals(planId)).findFirst().orElseThrow();
        var desk = desk(plan);
        assertThat(desk.decide(desk.chat(bytes(50_000_000), noLimit()))).isEqualTo("whole");
        assertThat(desk.decide(desk.chat(new Input.Unseen("a file id"), limit(1_000_000)))).isEqualTo("whole");
        assertThat(desk.decide(desk.chat(Sku.of("ollama", "home-made"), bytes(10), noLimit()))).isEqualTo("whole");
        Admission.Admitted admitted = desk.admitted(desk.chat(bytes(10), noLimit()));
        assertThat(admitted.hardCapped()).isFalse();
        assertThat(admitted.reserved()).isEqualTo(Quantities.NONE);
        assertThat(admitted.costReserved()).isNull();
        assertThat(admitted.tightest()).isNull();
        desk.admissions.release(admitted);
    }

    @Test
    void onPlanFreeTenToolCallsADayAndNoImages() {
        var desk = desk(Plan.FREE);
        for (int i = 0; i < 10; i++) {
            var admitted = desk.admitted(
                    AdmissionRequest.connector(desk.caller, "servicenow", i % 2 == 0, Attributed.NONE,
                            desk.clock.now()));
            assertThat(admitted.hardCapped()).isTrue();
            assertThat(admitted.outputLimit()).isEmpty();
            assertThat(admitted.reserved().amount(Meter.TOOL_CALLS)).isEqualTo(1);
            assertThat(admitted.reserved().has(Meter.TOKENS_IN)).isFalse();
            desk.admissions.settle(admitted, Desk.quantities("tool_calls=1"), null);
        }
        var eleventh = AdmissionRequest.connector(desk.caller, "servicenow", false, Attributed.NONE, desk.clock.now());
        assertThat(desk.refused(eleventh)).satisfies(refusal -> {
            assertThat(refusal.code()).isEqualTo(RefusalCode.CAP_EXCEEDED);
            assertThat(refusal.limitId()).isEqualTo("free-tool-calls-per-day");
            assertThat(refusal.used()).isEqualTo(10);
            assertThat(refusal.amount()).isEqualTo(10);
        });
        var images = desk.chat(counted(1), limit(1))
                .withOthers(Quantities.of(Meter.IMAGES_GENERATED, 1, Provenance.BOUND));
        assertThat(desk.refused(images).code()).isEqualTo(RefusalCode.PLAN_FORBIDS);
        assertThat(desk.refused(images).retryAfterSeconds()).isEqualTo(Refusal.NEVER);
        assertThat(desk.decide(desk.chat(counted(1), limit(1)))).isEqualTo("whole");
        var pro = desk(Plan.PRO);
        assertThat(pro.decide(pro.chat(counted(1), limit(1))
                .withOthers(Quantities.of(Meter.IMAGES_GENERATED, 1, Provenance.BOUND)))).isEqualTo("whole");
    }

    @Test
    void aBatchOfToolCallsCountsEachOfThem() {
        var desk = desk(Plan.FREE);
        assertThat(desk.decide(AdmissionRequest.mcp(desk.caller, "mcp-github", 10, Attributed.NONE, desk.clock.now())))
                .isEqualTo("whole");
        assertThat(desk.decide(AdmissionRequest.mcp(desk.caller, "mcp-github", 11, Attributed.NONE, desk.clock.now())))
                .isEqualTo("cap_exceeded");
        assertThat(desk.decide(AdmissionRequest.webhook(desk.caller, "hooks", Attributed.NONE, desk.clock.now())))
                .isEqualTo("whole");
    }

    @Test
    void aTrialEndsAfter100000TokensInTotal() {
        var desk = desk(Plan.TRIAL);
        desk.use(99_999);
        desk.clock.set("2027-01-01T00:00:00Z");
        assertThat(desk.decide(desk.chat(counted(0), limit(5)))).isEqualTo("limit 1");
        desk.use(1);
        Refusal refusal = desk.refused(desk.chat(counted(1), limit(5)));
        assertThat(refusal.code()).isEqualTo(RefusalCode.CAP_EXCEEDED);
        assertThat(refusal.retryAfterSeconds()).isEqualTo(Refusal.NEVER);
        assertThat(refusal.resetAt()).isNull();
    }

    @Test
    void theDayOfUtcBeginsTheCountAnewAndARunningCallStaysInItsDay() {
        var desk = desk(Plan.FREE);
        desk.clock.set("2026-07-01T23:59:59.5Z");
        Admission.Admitted late = desk.admitted(desk.chat(counted(500), limit(500)));
        Refusal refusal = desk.refused(desk.chat(counted(1), limit(1)));
        assertThat(refusal.retryAfterSeconds()).isEqualTo(1);
        assertThat(refusal.resetAt()).isEqualTo("2026-07-02T00:00:00Z");
        desk.clock.set("2026-07-02T00:00:00Z");
        desk.settle(late, "tokens_in=500 tokens_out=500");
        assertThat(desk.standing("free-tokens-per-day").settled()).isZero();
        assertThat(desk.decide(desk.chat(counted(500), limit(500)))).isEqualTo("whole");
    }

    @Test
    void whatWasReservedAndNotUsedIsFreeAgain() {
        var desk = desk(Plan.FREE);
        Admission.Admitted admitted = desk.admitted(desk.chat(bytes(100), limit(900)));
        assertThat(admitted.reserved()).isEqualTo(Quantities.builder()
                .set(Meter.TOKENS_IN, 100, Provenance.BOUND)
                .set(Meter.TOKENS_OUT, 900, Provenance.BOUND)
                .reported(Meter.CALLS, 1)
                .build());
        assertThat(desk.standing("free-tokens-per-day").remaining()).isZero();
        desk.settle(admitted, "tokens_in=20 tokens_out=30");
        assertThat(desk.standing("free-tokens-per-day").remaining()).isEqualTo(950);
    }

    @Test
    void aReservationShrinksWhenTheInputIsKnownAndTheAnswerIsPartlyDone() {
        var desk = desk(Plan.FREE, Limit.block("flight", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 1));
        Admission.Admitted admitted = desk.admitted(desk.chat(counted(400), new Output(300, 2, 1, true)));
        assertThat(desk.standing("free-tokens-per-day").reserved()).isEqualTo(1_000);
        desk.admissions.shrink(admitted, 150, 320);
        assertThat(desk.standing("free-tokens-per-day").reserved()).isEqualTo(470);
        assertThat(desk.standing("flight").reserved()).isEqualTo(1);
        desk.admissions.shrink(admitted, 9_999, 9_999);
        assertThat(desk.standing("free-tokens-per-day").reserved()).isEqualTo(470);
        assertThat(desk.settle(admitted, "tokens_in=150 tokens_out=320")).extracting(Settlement::boundViolated)
                .isEqualTo(false);
        assertThat(desk.standing("flight").reserved()).isZero();
    }

    @Test
    void bytesAreHadInSlices() {
        var desk = desk(Plan.PRO,
                Limit.block("egress", Entity.THE_TENANT, Measure.of(Meter.EGRESS_BYTES), Window.DAY, 100_000));
        var request = AdmissionRequest.connector(desk.caller, "files", false, Attributed.NONE, desk.clock.now())
                .withOthers(Quantities.of(Meter.EGRESS_BYTES, 65_536, Provenance.BOUND));
        Admission.Admitted admitted = desk.admitted(request);
        assertThat(desk.admissions.extend(admitted, Meter.EGRESS_BYTES, 34_464, MORE)).isNull();
        Refusal refusal = desk.admissions.extend(admitted, Meter.EGRESS_BYTES, 1, MORE);
        assertThat(refusal == null ? "" : refusal.code().id()).isEqualTo("cap_exceeded");
        assertThat(desk.admissions.extend(admitted, Meter.INGRESS_BYTES, 1, MORE)).isNull();
        desk.admissions.settle(admitted, Desk.quantities("egress_bytes=99999"), null);
        assertThat(desk.standing("egress").settled()).isEqualTo(99_999);
    }

    @Test
    void aBudgetIsReservedAtTheDearestAndSettledAtCost() {
        var desk = desk(Plan.PRO, ONE_DOLLAR);
        // gpt-4o-mini, priority being possible: $0.25 in, $1 out per million
        Admission.Admitted admitted = desk.admitted(desk.chat(counted(100_000), limit(10_000)));
        assertThat(admitted.costReserved()).isEqualTo(Money.ofUsd("0.035"));
        assertThat(admitted.priceVersion()).isEqualTo("list-2026-08-01-2");
        assertThat(desk.standing("budget").reserved()).isEqualTo(Money.ofUsd("0.035").picos());
        desk.settle(admitted, "tokens_in=100000 tokens_out=10000");
        assertThat(desk.standing("budget").settled()).isEqualTo(Money.ofUsd("0.021").picos());
    }

    @Test
    void aBudgetLowersTheOutputToWhatItPays() {
        var desk = desk(Plan.PRO, Limit.block("budget", Entity.THE_TENANT, Measure.of(Meter.COST), Window.MONTH,
                Money.ofUsd("0.001").picos()));
        assertThat(desk.decide(desk.chat(counted(2_000), limit(600)))).isEqualTo("limit 500");
        Refusal refusal = desk.refused(desk.chat(counted(4_000), limit(600)));
        assertThat(refusal.code()).isEqualTo(RefusalCode.BUDGET_EXCEEDED);
        assertThat(refusal.message())
                .isEqualTo("The limit 'budget' (tenant, cost per month) does not admit this call: $0"
                        + " of $0.001 are used, and it needs at least $0.001001. It would not fit an unused limit either: make"
                        + " it smaller, or have the limit raised. The limit resets at 2026-08-01T00:00:00Z.");
    }

    @Test
    void aModelWithoutAPriceIsRefusedWhereABudgetBlocksOnly() {
        var home = Sku.of("ollama", "home-made");
        var budgeted = desk(Plan.PRO, ONE_DOLLAR);
        assertThat(budgeted.decide(budgeted.chat(home, counted(1), limit(1)))).isEqualTo("unpriced_model");
        assertThat(budgeted.decide(budgeted.chat(home, new Input.Unseen("a file id"), limit(1))))
                .isEqualTo("unpriced_model");
        var watched = desk(Plan.PRO,
                Limit.notify("watch", Entity.THE_TENANT, Measure.of(Meter.COST), Window.MONTH, 1));
        assertThat(watched.decide(watched.chat(home, counted(1), limit(1)))).isEqualTo("whole");
        assertThat(budgeted.decide(AdmissionRequest.connector(budgeted.caller, "snow", true, Attributed.NONE,
                budgeted.clock.now()))).isEqualTo("whole");
    }

    @Test
    void anUnpricedEventChargesABudgetWithAllThatWasReserved() {
        var desk = desk(Plan.PRO, ONE_DOLLAR);
        Admission.Admitted admitted = desk.admitted(desk.chat(counted(1_000), limit(1_000)));
        desk.admissions.settle(admitted, Desk.quantities("tokens_in=1 tokens_out=1"), null);
        assertThat(desk.standing("budget").settled()).isEqualTo(Money.ofUsd("0.00125").picos());
    }

    /// A session reads its context window as often as it likes.
    @Test
    void whatNothingBoundsIsRefusedUnderCapsOnTokensOrCostOnly() {
        var session = new Input.Unbounded("a realtime session");
        for (Meter meter : new Meter[]{Meter.TOKENS, Meter.TOKENS_IN, Meter.TOKENS_OUT, Meter.COST}) {
            var capped = desk(Plan.PRO,
                    Limit.block("cap", Entity.THE_TENANT, Measure.of(meter), Window.DAY, Long.MAX_VALUE / 4));
            assertThat(capped.refused(capped.chat(session, noLimit()))).as(meter.id()).satisfies(refusal -> {
                assertThat(refusal.code()).isEqualTo(RefusalCode.UNBOUNDED_REQUEST);
                assertThat(refusal.message()).contains("a realtime session");
            });
        }
        var counted = desk(Plan.PRO,
                Limit.block("cap", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 10));
        Admission.Admitted admitted = counted.admitted(counted.chat(session, noLimit()));
        assertThat(admitted.outputLimit()).isEmpty();
        counted.admissions.release(admitted);
    }

    @Test
    void unseenInputIsBoundedByTheContextWindow() {
        var desk = desk(Plan.PRO,
                Limit.block("cap", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 130_000));
        var unseen = new Input.Unseen("an image by URL");
        Admission.Admitted admitted = desk.admitted(desk.chat(unseen, limit(5_000)));
        assertThat(admitted.outputLimit()).isEqualTo(OptionalLong.of(2_000));
        // would fit the unused cap: a cap that resets, not a request that never fits
        assertThat(desk.refused(desk.chat(unseen, limit(10))).code()).isEqualTo(RefusalCode.CAP_EXCEEDED);
        desk.admissions.release(admitted);
        assertThat(desk.refused(desk.chat(Sku.of("ollama", "home-made"), unseen, limit(1))))
                .satisfies(refusal -> {
                    assertThat(refusal.code()).isEqualTo(RefusalCode.UNBOUNDED_REQUEST);
                    assertThat(refusal.message()).contains("an image by URL").contains("Send the content inline");
                });
    }

    @Test
    void anAddedLimitIsNeverMoreThanTheModelAccepts() {
        var desk = desk(Plan.PRO,
                Limit.block("cap", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 1_000_000_000));
        assertThat(desk.decide(desk.chat(bytes(100), noLimit()))).isEqualTo("limit 16384");
        assertThat(desk.decide(desk.chat(bytes(120_000), noLimit()))).isEqualTo("count");
        assertThat(desk.decide(desk.chat(counted(120_000), noLimit()))).isEqualTo("limit 8000");
        assertThat(desk.decide(desk.chat(Sku.of("ollama", "home-made"), bytes(100), noLimit())))
                .isEqualTo("limit 4096");
        assertThat(desk.decide(desk.chat(bytes(100), limit(99_999)))).isEqualTo("whole");
    }

    @Test
    void limitsMeanTheEntitiesTheyName() {
        var desk = desk(Plan.PRO,
                Limit.block("user", new Entity(Entity.Kind.USER, "*"), Measure.of(Meter.CALLS), Window.DAY, 1),
                Limit.block("blue", new Entity(Entity.Kind.TAG, "team=blue"), Measure.of(Meter.CALLS), Window.DAY, 0),
                Limit.block("model", new Entity(Entity.Kind.MODEL, "o3"), Measure.of(Meter.CALLS), Window.DAY, 0),
                Limit.block("run", new Entity(Entity.Kind.RUN, "*"), Measure.of(Meter.CALLS), Window.TOTAL, 2));
        var ann = new Attributed("ann", null, Map.of("team", "red"));
        desk.settle(desk.admitted(call(desk, Desk.GPT, ann)), "calls=1");
        assertThat(desk.decide(call(desk, Desk.GPT, ann))).isEqualTo("cap_exceeded");
        assertThat(desk.decide(call(desk, Desk.GPT, new Attributed("bob", null, Map.of())))).isEqualTo("whole");
        assertThat(desk.decide(call(desk, Desk.GPT, new Attributed("bob", null, Map.of("a", "b", "team", "blue")))))
                .isEqualTo("cap_exceeded");
        assertThat(desk.decide(call(desk, Sku.of("openai", "o3"), Attributed.NONE))).isEqualTo("cap_exceeded");
        assertThat(desk.decide(call(desk, Desk.GPT, Attributed.NONE))).isEqualTo("whole");
        var bound = new Desk(Desk.lanes(parts), Plan.PRO, "carl",
                Limit.block("carl", new Entity(Entity.Kind.USER, "carl"), Measure.of(Meter.CALLS), Window.DAY, 0));
        assertThat(bound.decide(call(bound, Desk.GPT, new Attributed("dora", null, Map.of()))))
                .isEqualTo("cap_exceeded");
    }

    private static AdmissionRequest call(Desk desk, Sku sku, Attributed attributed) {
        return AdmissionRequest.llm(desk.caller, "openai", sku, attributed, desk.clock.now(), counted(1), limit(1));
    }

    @Test
    void aRetryIsNoSecondCall() {
        var desk = desk(Plan.PRO, Limit.block("calls", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 1),
                Limit.block("retries", Entity.THE_TENANT, Measure.of(Meter.RETRIES), Window.DAY, 1));
        AdmissionRequest first = desk.chat(counted(1), limit(1));
        desk.settle(desk.admitted(first), "calls=1");
        assertThat(desk.decide(first)).isEqualTo("cap_exceeded");
        AdmissionRequest second = first.retried(2, desk.clock.now());
        desk.settle(desk.admitted(second), "retries=1");
        assertThat(desk.decide(second)).isEqualTo("cap_exceeded");
    }

    /// The clock was a day and an hour ahead, was set right, and then Weir was started.
    @Test
    void usageOfADayThatIsToComeCountsInThatDayAfterAStart() {
        var desk = desk(Plan.FREE);
        var ahead = new PastUsage(Desk.ACME, null, null, "openai", "gpt-4o-mini", null, Map.of(),
                desk.clock.now().plus(Duration.ofHours(25)), Desk.quantities("tokens_in=900 tokens_out=90"), null);
        var today = new PastUsage(Desk.ACME, null, null, "openai", "gpt-4o-mini", null, Map.of(), desk.clock.now(),
                Desk.quantities("tokens_in=100 tokens_out=1"), null);
        var rows = List.of(ahead, today);

        desk.admissions.restore(desk.directory, rows, desk.clock.now(), 1);
        desk.admissions.restoreAhead(desk.directory, rows, desk.clock.now(), 1);

        assertThat(desk.standing("free-tokens-per-day").settled()).isEqualTo(101);
        desk.clock.set("2026-07-02T20:00:00Z");
        assertThat(desk.standing("free-tokens-per-day").settled()).isEqualTo(990);
    }

    private Desk desk(Plan plan, Limit... own) {
        return new Desk(Desk.lanes(parts), plan, null, own);
    }
}
