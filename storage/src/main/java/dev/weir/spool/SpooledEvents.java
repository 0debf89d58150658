package dev.weir.spool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// Goes through the events of all epochs, a page in memory at a time. One thread.
final class SpooledEvents implements Iterator<KeptEvent> {
    private static final int PAGE = 1_000;

    private final Spool spool;
    private final ToLongFunction<Spool.Epoch> after;
    private final Iterator<Spool.Epoch> epochs;
    private Iterator<KeptEvent> page = List.<KeptEvent>of().iterator();
    private @Nullable SpoolReader reader;

    SpooledEvents(Spool spool, ToLongFunction<Spool.Epoch> after) {
        this.spool = spool;
        this.after = after;
        this.epochs = spool.epochs().iterator();
    }

    @Override
    public boolean hasNext() {
        try {
            while (!page.hasNext() && nextPage()) {
                // An epoch may have nothing after its seq.
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException("the spool cannot be read: " + unreadable.getMessage(), unreadable);
        }
        return page.hasNext();
    }

    @Override
    public KeptEvent next() {
        if (!hasNext()) {
            throw new NoSuchElementException("all events were read");
        }
        return page.next();
    }

    /// @return false at the end of the last epoch
    private boolean nextPage() throws IOException {
        var current = reader;
        if (current != null) {
            page = current.read(PAGE).iterator();
            if (page.hasNext()) {
                return true;
            }
            current.close();
            reader = null;
        }
        if (!epochs.hasNext()) {
            return false;
        }
        var epoch = epochs.next();
        reader = spool.read(epoch.epoch(), after.applyAsLong(epoch));
        return true;
    }
}
