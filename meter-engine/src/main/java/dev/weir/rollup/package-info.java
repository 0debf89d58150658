/// Totals of events, and the moment a day's totals stop changing.
///
/// - **is** the plain fold from events to totals: what every stored total is compared with, and recomputed from (G4.2)
/// - **is not** the SQL that keeps totals up to date (`postgres`), nor money owed (`invoice`)
/// - **promises** that order, batching and repetition of events change no total
/// - **may import** `event`, `tenant`, `usage`, `money`
@NullMarked
package dev.weir.rollup;

import org.jspecify.annotations.NullMarked;
