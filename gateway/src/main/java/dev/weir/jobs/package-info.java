/// What runs by the clock and belongs to no call: alerts and their way to who wants to know, plans that convert.
///
/// - **is** one class per job: a round that is called again and again, straight-line code that may wait
/// - **is not** the threads the rounds run on, nor sockets: who wires them brings both
/// - **owns** when a mark counts as reached, when a delivery is tried again or given up, and the move of a tenant from a plan
///   that converts to the plan behind it
/// - **promises** that each mark is fired once over all nodes and starts and sent at least once, and that a job that runs on
///   every node at once changes each thing once: the database decides by a condition
/// - **may import** `config`, `storage`, `meter-engine`; never `control` or `exchange`
@NullMarked
package dev.weir.jobs;

import org.jspecify.annotations.NullMarked;
