/// Benchmarks of package-private parts of the data path.
///
/// - **is** beside the classes it times, in another module
/// - **is not** in the product
/// - **may import** everything
@NullMarked
package dev.weir.exchange;

import org.jspecify.annotations.NullMarked;
