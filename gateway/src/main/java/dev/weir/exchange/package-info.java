/// The life of one call, top to bottom.
///
/// - **is** the check of the head, the path of a call through key, admission, journal, upstream and back, and its one end
/// - **is not** a decision about money or limits: those are the engine's
/// - **promises** one attempt, one event (G1.3); nothing upstream before the opening record is kept and no last byte to the
///   client before the settlement is (G1.1, G1.2); one request in, at most one request out (G8)
/// - **may import** `route`, `upstream`, `config`, and the engine but `rollup`, `invoice`, `evidence`
@NullMarked
package dev.weir.exchange;

import org.jspecify.annotations.NullMarked;
