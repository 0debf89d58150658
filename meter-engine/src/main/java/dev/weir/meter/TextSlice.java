package dev.weir.meter;

import dev.weir.dialect.JsonStrings;
import dev.weir.usage.ModelId;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A piece of text and its number of tokens, counted once by whoever comes first: a worker, or the one who asks.
///
/// Any thread. Nobody waits for a worker that has not begun, so workers may ask too.
final class TextSlice implements Runnable {
    private final Tokenizers tokenizers;
    private final @Nullable ModelId model;
    private final int length;
    private volatile byte @Nullable [] json;
    private @Nullable TokenCount tokens;

    /// @param json from now on the slice's own
    TextSlice(Tokenizers tokenizers, @Nullable ModelId model, byte[] json, int length) {
        this.tokenizers = tokenizers;
        this.model = model;
        this.json = json;
        this.length = length;
    }

    @Override
    public synchronized void run() {
        byte[] uncounted = json;
        if (uncounted != null) {
            tokens = tokenizers.estimate(model, JsonStrings.text(uncounted, 0, length));
            json = null;
        }
    }

    synchronized TokenCount tokens() {
        run();
        return Objects.requireNonNull(tokens);
    }

    synchronized boolean isCounted() {
        return tokens != null;
    }

    /// Nobody will ask. Does not wait for a worker that is at it.
    void drop() {
        json = null;
    }
}
