/// The core under a virtual clock: admission, ledger, spool, shipper and the deltas of totals, as they run in production, on a
/// disk, a database, clients and upstreams that are models and fail by seed.
///
/// - **is** one run for one seed, the same each time; [Simulation] tells its story
/// - **owns** the faults ([Fault]), the truth about what happened ([Truth]), the identities that must hold at the end
/// - **is not** part of any jar
@NullMarked
package dev.weir.simulator;

import org.jspecify.annotations.NullMarked;
