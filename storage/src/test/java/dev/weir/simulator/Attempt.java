package dev.weir.simulator;

import dev.weir.event.EventId;
import dev.weir.event.UsageEvent;
import dev.weir.usage.Quantities;
import org.jspecify.annotations.Nullable;

/// The truth about one attempt: what was written down, what the upstream saw, what the client saw.
final class Attempt {
    final int node;
    final String callId;
    final int number;
    final UsageEvent opened;
    final boolean hardCapped;

    /// The upstream's own ledger, written before it answers.
    boolean sent;
    long unitsIn;
    long unitsOut;
    /// What it may come to, in and out, though Weir dies.
    long unitsMost;
    long bytesOut;
    boolean complete;

    /// The last progress record that was kept.
    @Nullable
    Quantities progress;
    /// What the ledger settled, whether or not it could be kept.
    @Nullable
    UsageEvent settled;
    /// Where the settlement was kept.
    @Nullable
    EventId keptAs;
    boolean endSeen;

    /// The machine lost power, or the disk its bits, while the opening record was not safe.
    boolean mayBeLost;
    /// It was refused, and no record of it may exist.
    boolean neverOpened;
    /// The same of its settlement, or of a progress record.
    boolean mayBeInterrupted;

    Attempt(int node, UsageEvent opened, boolean hardCapped) {
        this.node = node;
        this.callId = opened.callId();
        this.number = opened.attempt();
        this.opened = opened;
        this.hardCapped = hardCapped;
    }

    @Override
    public String toString() {
        return callId + "/" + number + " of " + opened.tenant();
    }
}
