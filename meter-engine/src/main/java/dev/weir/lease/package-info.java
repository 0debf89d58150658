/// Parts of a cap that this node may spend from without asking anybody, where several nodes share it.
///
/// - **is** the node's side of the lease protocol (`docs/leases.md`): when to ask, what to keep, what to give back
/// - **is not** the decision about a call (`admission`), nor what is spent (`ledger`), nor where leases are given (`postgres`)
/// - **owns** the numbering of this node's exchanges, and the waiting of calls for one
/// - **promises** that a node never spends from what PostgreSQL does not hold for it (G2.4)
/// - **may import** `ledger`, `tenant`, `port`
@NullMarked
package dev.weir.lease;

import org.jspecify.annotations.NullMarked;
