/// What was consumed, and how sure we are.
///
/// - **is** the closed list of meters, amounts with provenance, model names
/// - **is not** prices (`rating`), limits (`tenant`) or wire formats (`dialect`)
/// - **promises** that absent is never read as zero (G1.6)
/// - **may import** nothing of ours
@NullMarked
package dev.weir.usage;

import org.jspecify.annotations.NullMarked;
