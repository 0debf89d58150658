/// The only way out of the engine: clock, randomness, disk (and, with their first users, network and scheduler).
///
/// - **is** interfaces that say what the deciding code needs from the world, small enough to simulate
/// - **is not** an implementation; those are `disk` and the adapters beside `Main`
/// - **promises** that the same code runs in production and in a seeded simulator
/// - **may import** nothing of ours
@NullMarked
package dev.weir.port;

import org.jspecify.annotations.NullMarked;
