package dev.weir.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admission.RefusalCode;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.money.Money;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private final Metrics metrics = new Metrics("test");

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void anAttemptCountsItsCallTokensBytesAndCost() {
        metrics.attemptEnded(Events.ordinary().build());
        assertThat(value("weir_calls_total{route=\"openai\"}")).isEqualTo(1);
        assertThat(value("weir_attempts_total{outcome=\"ok\",provider=\"openai\",route=\"openai\"}")).isEqualTo(1);
        assertThat(tokens("tokens_in")).isEqualTo(120);
        assertThat(tokens("tokens_out")).isEqualTo(30);
        assertThat(tokens("cache_read")).isEqualTo(64);
        assertThat(value("weir_payload_bytes_total{edge=\"client_out\",route=\"openai\"}")).isEqualTo(890);
        assertThat(value(
                "weir_cost_usd_total{model=\"gpt-4o-2024-08-06\",provider=\"openai\",route=\"openai\"}"))
                .isEqualTo(0.000125);
    }

    @Test
    void meterThatNobodyReportedHasNoSeries() {
        metrics.attemptEnded(Events.ordinary().build());
        assertThat(metrics.scrape()).doesNotContain("kind=\"reasoning\"");
    }

    @Test
    void secondAttemptIsARetryOfTheSameCall() {
        metrics.attemptEnded(Events.ordinary().upstreamStatus(429).outcome(Outcome.UPSTREAM_ERROR, null).build());
        metrics.attemptEnded(Events.ordinary().attempt(2).build());
        assertThat(value("weir_calls_total{route=\"openai\"}")).isEqualTo(1);
        assertThat(value("weir_retries_total{route=\"openai\"}")).isEqualTo(1);
        assertThat(value("weir_rate_limit_answers_total{provider=\"openai\",route=\"openai\"}")).isEqualTo(1);
    }

    @Test
    void callDeclaredARetryByTheClientCountsOnceHoweverManyAttemptsItTakes() {
        metrics.attemptEnded(Events.ordinary().clientRetries(1).build());
        metrics.attemptEnded(Events.ordinary().clientRetries(1).attempt(2).build());
        assertThat(value("weir_client_retries_total{route=\"openai\"}")).isEqualTo(1);
    }

    @Test
    void blockIsNoAttempt() {
        metrics.attemptEnded(Events.ordinary().outcome(Outcome.BLOCKED, "cap_exceeded").build());
        assertThat(value("weir_blocks_total{code=\"cap_exceeded\",route=\"openai\"}")).isEqualTo(1);
        assertThat(value("weir_calls_total{route=\"openai\"}")).isEqualTo(1);
        assertThat(metrics.scrape()).doesNotContain("outcome=\"blocked\"");
    }

    @Test
    void refusalWithoutARouteIsCountedUnderNone() {
        metrics.refused(RefusalCode.ROUTE_UNKNOWN, "");
        assertThat(value("weir_refusals_total{code=\"route_unknown\",route=\"none\"}")).isEqualTo(1);
    }

    @Test
    void modelsThatClientsOnlyAskForGetNoLabel() {
        metrics.attemptEnded(Events.ordinary().model("made-up", null).build());
        assertThat(metrics.scrape()).contains("model=\"other\"").doesNotContain("made-up");
    }

    @Test
    void modelLabelsEndAtTheirBound() {
        for (int i = 0; i < Metrics.MODELS_MAX + 50; i++) {
            metrics.attemptEnded(Events.ordinary().model("m", "model-" + i).build());
        }
        long models = metrics.scrape().lines().filter(line -> line.startsWith("weir_cost_usd_total{")).count();
        assertThat(models).isEqualTo(Metrics.MODELS_MAX + 1);
        assertThat(value("weir_cost_usd_total{model=\"other\",provider=\"openai\",route=\"openai\"}"))
                .isEqualTo(50 * 0.000125);
    }

    @Test
    void unpricedEventAddsNoCostAndIsCounted() {
        metrics.attemptEnded(Events.ordinary().cost(null).flag(Flags.Flag.UNPRICED).build());
        assertThat(value(
                "weir_events_unpriced_total{model=\"gpt-4o-2024-08-06\",provider=\"openai\",route=\"openai\"}"))
                .isEqualTo(1);
        assertThat(value(
                "weir_cost_usd_total{model=\"gpt-4o-2024-08-06\",provider=\"openai\",route=\"openai\"}")).isZero();
    }

    @Test
    void costIsSummedInIntegers() {
        for (int i = 0; i < 1_000_000; i++) {
            metrics.attemptEnded(Events.ordinary().cost(Money.ofPicos(100_000_000_001L)).build());
        }
        assertThat(value("weir_cost_usd_total{model=\"gpt-4o-2024-08-06\",provider=\"openai\",route=\"openai\"}"))
                .isEqualTo(100_000.000001);
    }

    @Test
    void tenantsKeysAndUsersAreInNoLabel() {
        metrics.attemptEnded(Events.ordinary().build());
        assertThat(metrics.scrape()).doesNotContain("acme").doesNotContain("key_1").doesNotContain("\"ann\"");
    }

    private double tokens(String kind) {
        return value("weir_tokens_total{kind=\"" + kind
                + "\",model=\"gpt-4o-2024-08-06\",provider=\"openai\",route=\"openai\"}");
    }

    private double value(String series) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }
}
