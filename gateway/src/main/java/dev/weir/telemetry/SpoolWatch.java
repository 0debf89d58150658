package dev.weir.telemetry;

import java.util.function.LongSupplier;

/// Where the spool's gauges are read from when somebody scrapes. Called on any thread; must not wait.
///
/// @param depthRecords events kept and not yet stored
/// @param bytes bytes on disk
/// @param lagNanos how long the event stored last had waited
/// @param oldestAgeNanos age of the oldest event not yet stored, 0 where none waits
public record SpoolWatch(LongSupplier depthRecords, LongSupplier bytes, LongSupplier lagNanos,
        LongSupplier oldestAgeNanos) {}
