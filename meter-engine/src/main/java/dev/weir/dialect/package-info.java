/// The wire formats: what a request asks for, what an answer used, and how a refusal looks to the client's own SDK.
///
/// - **is** one class per upstream API, the byte scanners they share, and the table that picks a dialect by provider and path
/// - **is not** a client or a translator: nothing is ever re-serialised, and content is skipped, not parsed
/// - **owns** the reading of `usage` objects into meters, the byte edits of a request, the usage chunk taken out of an answer
/// - **promises** that chunk boundaries change nothing and that no scanner keeps more than 64 KiB of a stream (G1.6)
/// - **may import** `usage`
@NullMarked
package dev.weir.dialect;

import org.jspecify.annotations.NullMarked;
