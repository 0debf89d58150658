/// Who is calling and what they may use.
///
/// - **is** tenants, keys, plans, limits, windows, and the directory of them: a snapshot swapped whole
/// - **is not** counters (`ledger`) or the decision about a call (`admission`)
/// - **promises** that a tenant comes from the verified key only (G1.7, G9.1, G10.1)
/// - **may import** `usage`, `money`
@NullMarked
package dev.weir.tenant;

import org.jspecify.annotations.NullMarked;
