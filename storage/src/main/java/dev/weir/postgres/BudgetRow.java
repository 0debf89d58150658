package dev.weir.postgres;

import dev.weir.tenant.Budget;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A budget as it is stored. Its webhook's secret is read by nobody but who sends.
///
/// @param webhookUrl where its alerts go, null for nowhere
/// @param amountSince when the amount became what it is
public record BudgetRow(Budget budget, @Nullable String webhookUrl, Instant createdAt, Instant amountSince) {}
