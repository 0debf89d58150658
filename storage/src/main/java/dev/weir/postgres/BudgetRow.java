package dev.weir.postgres;

import dev.weir.tenant.Budget;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A budget as it is stored. Its webhook's secret is read by nobody but who sends.
///
/// @param webhookUrl where its alerts go, null for nowhere
/// @param termsSince when amount, alerts, entity, period and zone became what they are
public record BudgetRow(Budget budget, @Nullable String webhookUrl, Instant createdAt, Instant termsSince) {}
