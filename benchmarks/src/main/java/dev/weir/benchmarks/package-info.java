/// Speed of single parts, measured by JMH in forked JVMs.
///
/// - **is** one benchmark class for each part whose cost was promised
/// - **is not** a test: nothing here asserts, and nothing in `verify` runs it
/// - **may import** everything
@NullMarked
package dev.weir.benchmarks;

import org.jspecify.annotations.NullMarked;
