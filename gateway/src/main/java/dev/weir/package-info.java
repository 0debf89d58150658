/// The process: it wires every part by hand and is imported by none.
///
/// - **is** the command line, the start and the stop of a gateway, the adapters of the ports
/// - **owns** the data folder, the event loops, the threads of shipper and spool
/// - **promises** that what it started it stops, and that a start that fails says what to do
/// - **may import** everything
@NullMarked
package dev.weir;

import org.jspecify.annotations.NullMarked;
