/// One decision about one call, before anything is sent: may it, and how much of it.
///
/// - **is** the sound upper bound of a call, priced, and its reservation in all limits at once; the refusals and their order
/// - **is not** counters (`ledger`), prices (`rating`), who calls (`tenant`) or the answer on the wire (`exchange`)
/// - **promises** a hard cap is never exceeded by a call whose bound holds (G2.1, G2.2); no refusal while there is room
///   (G2.7); a condition nobody decided about is closed (G16)
/// - **may import** `ledger`, `lease`, `rating`, `dialect`, `tenant`, `usage`, `money`
@NullMarked
package dev.weir.admission;

import org.jspecify.annotations.NullMarked;
