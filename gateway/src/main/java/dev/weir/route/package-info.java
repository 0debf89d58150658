/// Where a request goes: the first path segment names a route, provider and path decide the dialect.
///
/// - **is** the pure function from a normal path to a route, an upstream path and a dialect
/// - **is not** the check of the path's form (`exchange`)
/// - **may import** `upstream`, `dialect`
@NullMarked
package dev.weir.route;

import org.jspecify.annotations.NullMarked;
