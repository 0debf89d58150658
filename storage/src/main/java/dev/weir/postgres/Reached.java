package dev.weir.postgres;

import dev.weir.ledger.Standing;
import dev.weir.tenant.TenantId;

/// A mark that a counter has reached.
///
/// @param standing where the counter stood, its limit the one in force
/// @param percent of the limit's amount
/// @param afterwards whether it was found only after the window had ended, with nobody having looked at it before: then it
///     counts where a budget was in force with this amount before that end, and not otherwise
public record Reached(TenantId tenant, Standing standing, int percent, boolean afterwards) {}
