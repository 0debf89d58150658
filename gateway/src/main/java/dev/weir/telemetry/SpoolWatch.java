package dev.weir.telemetry;

import java.util.function.LongSupplier;

/// Where the spool's gauges are read from when somebody scrapes. Called on any thread; must not wait.
///
/// @param depthRecords events kept and not yet stored
/// @param bytes bytes on disk
/// @param lagNanos how long the event stored last had waited
/// @param oldestAgeNanos age of the oldest event not yet stored, 0 where none waits
/// @param quotaBytes how many may wait for the store
/// @param pressure the ordinal of [dev.weir.spool.Pressure]
/// @param suspectSegments segments given up because a sync failed; only ever rises
/// @param badBlocks damaged stretches passed over; only ever rises
/// @param unsyncedNanos how long ago everything was known to be synced
public record SpoolWatch(LongSupplier depthRecords, LongSupplier bytes, LongSupplier lagNanos,
        LongSupplier oldestAgeNanos, LongSupplier quotaBytes, LongSupplier pressure, LongSupplier suspectSegments,
        LongSupplier badBlocks, LongSupplier unsyncedNanos) {}
