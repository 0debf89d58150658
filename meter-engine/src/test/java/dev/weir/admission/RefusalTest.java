package dev.weir.admission;

import static dev.weir.admission.Desk.bytes;
import static dev.weir.admission.Desk.counted;
import static dev.weir.admission.Desk.limit;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalTest {
    /// The closed list: code, status, stage. A change here is a change of the public contract.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            overloaded                   | 503 | HEAD     | refused
            bad_head                     | 400 | HEAD     | refused
            head_too_large               | 431 | HEAD     | refused
            route_unknown                | 404 | ROUTE    | refused
            key_missing                  | 401 | KEY      | refused
            keys_conflict                | 400 | KEY      | refused
            key_unknown                  | 401 | KEY      | refused
            key_revoked                  | 401 | KEY      | refused
            directory_stale              | 503 | KEY      | refused
            method_not_allowed           | 405 | PLAN     | refused
            origin_refused               | 403 | PLAN     | refused
            session_unknown              | 404 | PLAN     | refused
            plan_forbids                 | 403 | PLAN     | blocked
            body_too_large               | 413 | BODY     | refused
            body_too_slow                | 408 | BODY     | refused
            bad_request                  | 400 | BODY     | refused
            signature_invalid            | 401 | BODY     | refused
            tenant_unknown               | 503 | BODY     | refused
            unpriced_model               | 403 | LIMITS   | blocked
            unbounded_request            | 403 | LIMITS   | blocked
            concurrency_exceeded         | 429 | LIMITS   | blocked
            rate_exceeded                | 429 | LIMITS   | blocked
            cap_exceeded                 | 429 | LIMITS   | blocked
            budget_exceeded              | 429 | LIMITS   | blocked
            cap_unavailable              | 429 | LIMITS   | blocked
            spool_unavailable            | 503 | SPOOL    | refused
            upstream_credential_rejected | 502 | UPSTREAM | refused
            upstream_unreachable         | 502 | UPSTREAM | refused
            upstream_timeout             | 504 | UPSTREAM | refused
            internal_error               | 500 | ANY      | refused
            """)
    void aCodeHasOneStatusAndOnePlaceInTheOrder(String id, int status, RefusalCode.Stage stage, String outcome) {
        RefusalCode code = RefusalCode.byId(id).orElseThrow();
        assertThat(code.status()).isEqualTo(status);
        assertThat(code.stage()).isEqualTo(stage);
        assertThat(code.isBlock()).isEqualTo(outcome.equals("blocked"));
    }

    @Test
    void codesAreDeclaredInTheOrderOfTheirStages() {
        assertThat(Arrays.stream(RefusalCode.values()).map(RefusalCode::stage)).isSorted();
        assertThat(RefusalCode.values()).hasSize(30);
    }

    /// A call with every fault at once; one after the other is taken away.
    @Test
    void ofSeveralFaultsTheFirstInOrderIsTold() {
        Limit flight = Limit.block("flight", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 0);
        Limit minute = Limit.block("minute", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.MINUTE, 0);
        Limit day = Limit.block("day", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 0);
        Limit month = Limit.block("month", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.MONTH, 0);
        Limit budget = Limit.block("a-budget", Entity.THE_TENANT, Measure.of(Meter.COST), Window.MINUTE, 0);
        Quantities image = Quantities.of(Meter.IMAGES_GENERATED, 1, Provenance.BOUND);
        var unpriced = Sku.of("ollama", "home-made");
        var all = new Desk(Plan.FREE, flight, minute, day, month, budget);
        var unseen = new Input.Unseen("a file id");
        assertThat(all.decide(all.chat(unpriced, unseen, limit(1)).withOthers(image))).isEqualTo("plan_forbids");
        assertThat(all.decide(all.chat(unpriced, unseen, limit(1)))).isEqualTo("unpriced_model");
        var noBudget = new Desk(Plan.FREE, flight, minute, day, month);
        assertThat(noBudget.decide(noBudget.chat(unpriced, unseen, limit(1)))).isEqualTo("unbounded_request");
        assertThat(all.refused(all.chat(counted(1), limit(1))).limitId()).isEqualTo("flight");
        var noFlight = new Desk(Plan.PRO, minute, day, month, budget);
        assertThat(noFlight.refused(noFlight.chat(counted(1), limit(1))).limitId()).isEqualTo("minute");
        var noMinute = new Desk(Plan.PRO, day, month, budget);
        assertThat(noMinute.refused(noMinute.chat(bytes(1), limit(1))).limitId()).isEqualTo("day");
        var noDay = new Desk(Plan.PRO, month, budget);
        assertThat(noDay.refused(noDay.chat(bytes(1), limit(1))).limitId()).isEqualTo("month");
        var onlyBudget = new Desk(Plan.PRO, budget);
        assertThat(onlyBudget.refused(onlyBudget.chat(bytes(1), limit(1))).limitId()).isEqualTo("a-budget");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            tokens      | minute | rate_exceeded        | 30
            calls       | minute | rate_exceeded        | 30
            tokens      | hour   | cap_exceeded         | 1770
            calls       | day    | cap_exceeded         | 41370
            runs        | minute | rate_exceeded        | 30
            runs        | hour   | cap_exceeded         | 1770
            runs        | total  | cap_exceeded         | -1
            tokens      | month  | cap_exceeded         | 2633370
            tokens      | total  | cap_exceeded         | -1
            cost        | minute | budget_exceeded      | 30
            cost        | month  | budget_exceeded      | 2633370
            concurrency | total  | concurrency_exceeded | 1
            """)
    void aLimitRefusesWithItsCodeAndTheSecondsUntilItResets(String measure, String window, String code, long seconds) {
        var desk = new Desk(Plan.PRO, Limit.block("none", Entity.THE_TENANT, Measure.byId(measure).orElseThrow(),
                Window.byId(window).orElseThrow(), 0));
        desk.clock.set("2026-07-01T12:30:30Z");
        Refusal refusal = desk.refused(desk.chat(counted(1), limit(1)));
        assertThat(refusal.code().id()).isEqualTo(code);
        assertThat(refusal.retryAfterSeconds()).isEqualTo(seconds);
        assertThat(refusal.status()).isEqualTo(429);
    }

    @Test
    void aRefusalSaysWhichLimitHowMuchOfHowMuchAndUntilWhen() {
        var desk = new Desk(Plan.FREE);
        desk.use(600);
        Admission.Admitted running = desk.admitted(desk.chat(counted(100), limit(300)));
        Refusal refusal = desk.refused(desk.chat(counted(50), limit(200)));
        assertThat(refusal.message())
                .isEqualTo("The limit 'free-tokens-per-day' (tenant, tokens per day) does not admit"
                        + " this call: 1,000 of 1,000 are used (400 of it held by calls still running), and it needs at least"
                        + " 51. The limit resets at 2026-07-02T00:00:00Z.");
        assertThat(refusal.used()).isEqualTo(1_000);
        desk.admissions.release(running);
    }

    @Test
    void rateLimitFieldsTellTheTightestLimit() {
        var desk = new Desk(Plan.FREE);
        desk.use(200);
        Admission.Admitted admitted = desk.admitted(desk.chat(counted(10), limit(500)));
        var standing = admitted.tightest();
        assertThat(standing).isNotNull();
        if (standing != null) {
            assertThat(RateLimitFields.of(standing, desk.clock.now())).isEqualTo(
                    new RateLimitFields("\"free-tokens-per-day\";r=790;t=43200",
                            "\"free-tokens-per-day\";q=1000;qu=\"tokens\";w=86400"));
        }
        desk.admissions.release(admitted);
    }

    @Test
    void rateLimitFieldsKeepToFifteenDigitsAndGiveCostInMicroDollars() {
        var desk = new Desk(Plan.PRO,
                Limit.block("b", Entity.THE_TENANT, Measure.of(Meter.COST), Window.TOTAL, Money.ofUsd("2.5").picos()));
        Admission.Admitted admitted = desk.admitted(desk.chat(counted(10), limit(500)));
        var standing = admitted.tightest();
        assertThat(standing).isNotNull();
        if (standing != null) {
            assertThat(RateLimitFields.of(standing, desk.clock.now()))
                    .isEqualTo(new RateLimitFields("\"b\";r=2499997", "\"b\";q=2500000;qu=\"micro-usd\""));
        }
        var huge = new Desk(Plan.PRO, Limit.block("h", Entity.THE_TENANT, Measure.of(Meter.EGRESS_BYTES), Window.TOTAL,
                Limit.AMOUNT_MAX));
        assertThat(RateLimitFields.of(huge.standing("h"), huge.clock.now()).rateLimit())
                .isEqualTo("\"h\";r=999999999999999");
        desk.admissions.release(admitted);
    }
}
