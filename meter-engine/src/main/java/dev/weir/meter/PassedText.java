package dev.weir.meter;

import dev.weir.dialect.OutputListener;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The text a model put out, kept only as far as counting it needs.
///
/// Nearly always nobody asks: the provider tells its usage at the end, and the text is dropped uncounted. So pieces are only
/// gathered, as they stand in JSON, in slices of [#SLICE] bytes, cut between words where there are any: each cut can add one
/// token, one in some four thousand. When [#SLICES_WAITING] slices are full, the oldest is given to a worker to count. So a
/// stream keeps at most one slice more than that, and its own thread counts only where the workers do not keep up.
///
/// One thread at a time, but that the workers may be others.
final class PassedText implements OutputListener {
    static final int SLICE = 15 * 1024;
    static final int SLICES_WAITING = 3;
    private static final int FIRST = 1024;

    private final Tokenizers tokenizers;
    private final Supplier<@Nullable ModelId> model;
    private final Executor workers;
    private final Deque<TextSlice> waiting = new ArrayDeque<>(0);
    private byte[] kept = new byte[0];
    private int length;
    private long counted;
    private @Nullable TokenFloor floor;
    private Provenance provenance = Provenance.TOKENIZER;

    PassedText(Tokenizers tokenizers, Supplier<@Nullable ModelId> model, Executor workers) {
        this.tokenizers = tokenizers;
        this.model = model;
        this.workers = workers;
    }

    /// From now on the fewest tokens are counted too.
    void watch(TokenFloor least) {
        floor = least;
    }

    @Override
    public void answer(byte[] json, int from, int to) {
        if (floor != null) {
            floor.add(json, from, to);
        }
        text(json, from, to);
    }

    @Override
    public void text(byte[] json, int from, int to) {
        int at = from;
        while (at < to) {
            if (length == SLICE) {
                slice(cut());
            }
            int some = Math.min(to - at, SLICE - length);
            if (kept.length < length + some) {
                int wanted = Math.max(length + some, Math.max(FIRST, 2 * kept.length));
                kept = Arrays.copyOf(kept, Math.min(SLICE, wanted));
            }
            System.arraycopy(json, at, kept, length, some);
            length += some;
            at += some;
        }
    }

    @Override
    public void textEnd() {
        if (floor != null) {
            floor.end();
        }
        if (length > SLICE - FIRST) {
            slice(length);
        }
    }

    @Override
    public void told() {
        length = 0;
        waiting.forEach(TextSlice::drop);
        waiting.clear();
        counted = 0;
        provenance = Provenance.TOKENIZER;
    }

    /// All tokens that passed, but for those told. Nothing passes after it.
    TokenCount tokens() {
        while (!waiting.isEmpty()) {
            collect(waiting.removeFirst());
        }
        collect(new TextSlice(tokenizers, model.get(), kept, length));
        length = 0;
        return new TokenCount(counted, provenance);
    }

    /// Nobody will ask for the tokens.
    void drop() {
        waiting.forEach(TextSlice::drop);
        waiting.clear();
        kept = new byte[0];
        length = 0;
    }

    /// Behind the last space, which no escape and no character contains; else before the character that may be unfinished.
    private int cut() {
        for (int i = length; i > length / 2; i--) {
            if (kept[i - 1] == ' ') {
                return i - 1;
            }
        }
        int i = length;
        while (i > length - 4 && (kept[i - 1] & 0xc0) == 0x80) {
            i--;
        }
        return i - 1;
    }

    /// The first `to` bytes are a slice.
    private void slice(int to) {
        if (to == 0) {
            return;
        }
        if (waiting.size() == SLICES_WAITING) {
            collect(waiting.removeFirst());
        }
        byte[] sliced = kept;
        waiting.addLast(new TextSlice(tokenizers, model.get(), sliced, to));
        length -= to;
        kept = new byte[SLICE];
        System.arraycopy(sliced, to, kept, 0, length);
        if (waiting.size() == SLICES_WAITING) {
            workers.execute(waiting.getFirst());
        }
    }

    private void collect(TextSlice slice) {
        TokenCount tokens = slice.tokens();
        counted += tokens.tokens();
        if (tokens.provenance() == Provenance.BOUND) {
            provenance = Provenance.BOUND;
        }
    }
}
