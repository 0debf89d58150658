package dev.weir.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admission.PastUsage;
import dev.weir.money.Money;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Entity;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Quantities;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EndedWindowsTest {
    private static final TenantId ACME = new TenantId("acme");

    private static TenantDirectory.Snapshot directory(Budget.Period period, String zone) {
        var budget = new Budget(ACME, "b", Entity.THE_TENANT, period, ZoneId.of(zone), Money.ofUsd("10"),
                Budget.USUAL_THRESHOLDS);
        return TenantDirectory.Snapshot.of(1, Plan.SHIPPED,
                List.of(new Tenant(ACME, "pro", null, List.of(budget.toLimit()))), List.of());
    }

    private static PastUsage spent(String time, String usd) {
        return new PastUsage(ACME, new KeyId("key_1"), null, "openai", "m", null, Map.of(), Instant.parse(time),
                Quantities.NONE, Money.ofUsd(usd));
    }

    private static List<String> marks(TenantDirectory.Snapshot directory, String now, PastUsage... rows) {
        return EndedWindows.marks(directory, List.of(rows), Instant.parse(now))
                .stream()
                .map(mark -> mark.percent() + "% before " + mark.standing().span().end())
                .toList();
    }

    @Test
    void theWindowBeforeTheRunningOneIsLookedAtAndTheRunningOneIsNot() {
        var daily = directory(Budget.Period.DAILY, "UTC");
        assertThat(marks(daily, "2026-03-15T00:00:05Z", spent("2026-03-14T10:00:00Z", "5"),
                spent("2026-03-14T23:45:00Z", "4"), spent("2026-03-15T00:00:00Z", "20")))
                .containsExactly("75% before 2026-03-15T00:00:00Z", "90% before 2026-03-15T00:00:00Z");
        assertThat(marks(daily, "2026-03-14T23:59:59Z", spent("2026-03-14T10:00:00Z", "20"))).isEmpty();
    }

    @Test
    void afterALongSleepTheLastWindowThatWasUsedIsLookedAt() {
        assertThat(marks(directory(Budget.Period.DAILY, "UTC"), "2026-03-20T08:00:00Z",
                spent("2026-03-13T10:00:00Z", "10"), spent("2026-03-14T23:45:00Z", "8")))
                .containsExactly("75% before 2026-03-15T00:00:00Z");
    }

    @Test
    void windowsAreThoseOfTheBudgetsZone() {
        assertThat(marks(directory(Budget.Period.MONTHLY, "Europe/Berlin"), "2026-03-31T22:30:00Z",
                spent("2026-03-31T21:45:00Z", "8"))).containsExactly("75% before 2026-03-31T22:00:00Z");
    }

    @Test
    void nothingUsedIsNothingToTell() {
        assertThat(marks(directory(Budget.Period.DAILY, "UTC"), "2026-03-20T08:00:00Z")).isEmpty();
    }
}
