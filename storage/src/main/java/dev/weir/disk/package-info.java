/// The Disk port on a real file system.
///
/// - **is** [dev.weir.disk.FileDisk]: one folder through `FileChannel` and mapped memory
/// - **is not** a format or a policy (`spool`)
/// - **promises** that a full disk shows when a file is made, never as a fault in mapped memory (G3.4), and that create,
///   rename and delete can be made durable (G3.6)
/// - **may import** `port`
@NullMarked
package dev.weir.disk;

import org.jspecify.annotations.NullMarked;
