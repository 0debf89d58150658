package dev.weir.spool;

import dev.weir.event.EventId;
import dev.weir.event.UsageEvent;

/// An event with the identity it got when it was kept.
public record KeptEvent(EventId id, UsageEvent event) {}
