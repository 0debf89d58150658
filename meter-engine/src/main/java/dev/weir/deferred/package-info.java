/// What of a call is open after it has ended: usage that the provider tells later, and an end that could not be kept.
///
/// - **is** the calls whose usage is awaited, by the object they created, and the event that books it once; and the room of those
///   that a death of Weir would charge in full
/// - **is not** the reading of answers (`dialect`), the journal (`event`) or limits (`ledger`)
/// - **promises** that the usage of an awaited object is taken exactly once (G1.3), whoever asks and how often
/// - **may import** `admission`, `event` and the values inside it
@NullMarked
package dev.weir.deferred;

import org.jspecify.annotations.NullMarked;
