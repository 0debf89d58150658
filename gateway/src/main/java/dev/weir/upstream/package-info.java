/// One provider endpoint: its connections, its credential, the addresses it may have.
///
/// - **is** the pool of connections of one event loop to one configured upstream, and the signing of requests to AWS
/// - **is not** retries or the life of a call (`exchange`)
/// - **promises** that host, port and path prefix come from configuration only (G11.1), that the checked address is the one
///   dialled (G11.2), that TLS host names are verified and no redirect is followed
/// - **may import** `config`
@NullMarked
package dev.weir.upstream;

import org.jspecify.annotations.NullMarked;
