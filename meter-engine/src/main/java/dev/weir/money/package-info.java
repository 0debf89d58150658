/// Amounts of money and prices, exact by construction.
///
/// - **is** whole pico-dollars in 64 bits with overflow checks
/// - **is not** currency conversion, taxes or invoice rounding
/// - **promises** no floating point and no rounding but the one division of [UnitPrice#of] (G15)
/// - **may import** nothing of ours
@NullMarked
package dev.weir.money;

import org.jspecify.annotations.NullMarked;
