/// The rate of storing events, beside what PostgreSQL can take at all.
///
/// - **is** beside the classes it times, in another module
/// - **is not** in the product
/// - **may import** everything
@NullMarked
package dev.weir.postgres;

import org.jspecify.annotations.NullMarked;
