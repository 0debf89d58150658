/// What runs by the clock.
///
/// - **is** one class per job: a look, and what it does about what it sees
/// - **is not** a scheduler: whoever wires it calls it again and again, on a thread that may wait
/// - **owns** the move of a tenant from a plan that converts to the plan behind it
/// - **promises** that a job that runs on every node at once changes each thing once: the database decides by a condition
/// - **may import** `config`, `storage`, `meter-engine`; never `exchange`
@NullMarked
package dev.weir.jobs;

import org.jspecify.annotations.NullMarked;
