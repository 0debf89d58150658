package dev.weir.postgres;

import dev.weir.event.EventId;
import dev.weir.event.UsageEvent;
import java.time.Instant;

/// An event as the database has it.
///
/// @param receivedAt the database's clock in the transaction that stored it
/// @param late whether that was after its day's seal
/// @param event times in whole microseconds, texts without NUL and cut at 256 to 4,096 bytes, else as it was kept
public record StoredEvent(EventId id, Instant receivedAt, boolean late, UsageEvent event) {}
