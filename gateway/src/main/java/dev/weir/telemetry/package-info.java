/// What an operator sees of Weir while it runs: metrics now, traces later.
///
/// - **is** the closed list of our metric families, the counters behind them, the lag of the event loops
/// - **is not** the record of anything: bills, caps and reports come from events, never from here
/// - **owns** the metric registry and the rule that no label grows without a bound
/// - **promises** no tenant, key, user or text of a client in a label, but models an upstream has answered with (G9.3)
/// - **may import** `config`, `storage`, `meter-engine`; never `exchange`
@NullMarked
package dev.weir.telemetry;

import org.jspecify.annotations.NullMarked;
