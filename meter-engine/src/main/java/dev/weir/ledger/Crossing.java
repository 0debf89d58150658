package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Window;

/// A settlement took a counter to or over one of its limit's alert marks; reported once per mark and span.
///
/// @param percent the mark
/// @param settled what is used now
public record Crossing(Limit limit, String value, int percent, long settled, Window.Span span) {}
