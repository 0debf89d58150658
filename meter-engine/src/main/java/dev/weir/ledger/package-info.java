/// What has been used and what is set aside, per limit, entity and window.
///
/// - **is** the two phases of every limited quantity: reserve, then settle or release
/// - **is not** the choice of limits or amounts (`admission`), nor a record of anything: counters are a projection of events,
///   rebuilt on start
/// - **owns** the invariant `settled + reserved <= amount` of every blocking limit (G2.1)
/// - **promises** all or none over the limits of a call, in one step; a reservation ends once; nothing waits for anything but
///   the short lock of its tenant, or of a part of it where many call at once; a restored counter is assigned, never added
///   to (G2.5); no window runs twice (G14.2)
/// - **may import** `port`, `tenant`, `usage`, `money`
@NullMarked
package dev.weir.ledger;

import org.jspecify.annotations.NullMarked;
