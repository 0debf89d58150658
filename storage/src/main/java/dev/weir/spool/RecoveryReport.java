package dev.weir.spool;

/// What a start found in the spool folder.
///
/// @param segments segments of former epochs
/// @param records undamaged frames read
/// @param interrupted attempts that were open and now have an event
/// @param badBlocks damaged stretches that were passed over
/// @param machineRestarted whether a former epoch that was not yet recovered ran on another boot of the machine: up to one
///        sync interval of its records may be gone, and leases of that epoch stay spent
public record RecoveryReport(int segments, long records, int interrupted, long badBlocks, boolean machineRestarted) {}
