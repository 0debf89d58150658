/// From the bytes of an answer to one reading of its usage.
///
/// - **is** the meter of one attempt, content decoding for it, and the tokenizers behind an estimate
/// - **is not** the wire formats (`dialect`), money (`rating`) or limits
/// - **promises** that where chunks were cut changes nothing, that absent usage is never read as zero, that every estimate
///   says how it was made (G1.6)
/// - **may import** `dialect`, `usage`
@NullMarked
package dev.weir.meter;

import org.jspecify.annotations.NullMarked;
