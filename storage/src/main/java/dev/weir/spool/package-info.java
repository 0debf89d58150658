/// A node's durable local log of usage events, and its way out into a store.
///
/// - **is** the frame and segment format, the log (`Spool`, the `UsageJournal`), its recovery, its readers, and the `Shipper`
///   that moves events into a [dev.weir.spool.UsageStore]
/// - **is not** SQL (`postgres`), a file system (`disk`) or a thread: background work is a method that a runner calls
/// - **owns** the spool folder: segments, the epoch, the recovery mark
/// - **promises** kept before visible and no kept event lost or altered (G1.1, G1.2, G3), sent again until stored (G4.1),
///   never dropped to make room (G5.2), no event id given twice, and what a disk or a power cut took told of (G3.5)
/// - **may import** `port`, `event` and the values inside it
@NullMarked
package dev.weir.spool;

import org.jspecify.annotations.NullMarked;
