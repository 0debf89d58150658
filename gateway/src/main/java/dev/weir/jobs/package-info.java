/// What runs by the clock and belongs to no call: alerts, and their way to who wants to know.
///
/// - **is** one class per job, each a round that is called again and again; straight-line code that may wait
/// - **is not** the threads the rounds run on, nor sockets: who wires them brings both
/// - **owns** when a mark counts as reached, and when a delivery is tried again or given up
/// - **promises** each mark is fired once over all nodes and starts, and sent at least once
/// - **may import** `config`, `storage`, `meter-engine`; never `control` or `exchange`
@NullMarked
package dev.weir.jobs;

import org.jspecify.annotations.NullMarked;
