/// The immutable fact of one attempt or refusal, and where it is written.
///
/// - **is** the usage event, its identity and the journal it is kept in
/// - **is not** the format on disk (`spool`) or in tables (`postgres`)
/// - **promises** metadata only (G9.3), one attempt one event (G1.3), kept before seen (G1.1, G1.2)
/// - **may import** `rating`, `tenant`, `usage`, `money`
@NullMarked
package dev.weir.event;

import org.jspecify.annotations.NullMarked;
