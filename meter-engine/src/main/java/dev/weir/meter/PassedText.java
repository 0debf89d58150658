package dev.weir.meter;

import dev.weir.dialect.JsonStrings;
import dev.weir.dialect.OutputListener;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The text a model put out, kept only as far as counting it needs.
///
/// Nearly always nobody asks: the provider tells its usage at the end, and the text is dropped uncounted. So pieces are only
/// gathered, as they stand in JSON. What does not fit into [#KEPT_MAX] bytes is counted in slices as it passes, cut between
/// words where there are any: each cut can add one token, one in some eight thousand.
///
/// One thread at a time.
final class PassedText implements OutputListener {
    static final int KEPT_MAX = 32 * 1024;
    private static final int FIRST = 1024;

    private final Tokenizers tokenizers;
    private final Supplier<@Nullable ModelId> model;
    private byte[] kept = new byte[0];
    private int length;
    private long counted;
    private Provenance provenance = Provenance.TOKENIZER;

    PassedText(Tokenizers tokenizers, Supplier<@Nullable ModelId> model) {
        this.tokenizers = tokenizers;
        this.model = model;
    }

    @Override
    public void text(byte[] json, int from, int to) {
        int at = from;
        while (at < to) {
            if (length == KEPT_MAX) {
                count(cut());
            }
            int some = Math.min(to - at, KEPT_MAX - length);
            if (kept.length < length + some) {
                int wanted = Math.max(length + some, Math.max(FIRST, 2 * kept.length));
                kept = Arrays.copyOf(kept, Math.min(KEPT_MAX, wanted));
            }
            System.arraycopy(json, at, kept, length, some);
            length += some;
            at += some;
        }
    }

    @Override
    public void textEnd() {
        if (length > KEPT_MAX / 2) {
            count(length);
        }
    }

    @Override
    public void told() {
        length = 0;
        counted = 0;
        provenance = Provenance.TOKENIZER;
    }

    /// All tokens that passed so far, but for those told.
    TokenCount tokens() {
        count(length);
        return new TokenCount(counted, provenance);
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

    private void count(int to) {
        if (to > 0) {
            TokenCount slice = tokenizers.count(model.get(), JsonStrings.text(kept, 0, to));
            counted += slice.tokens();
            if (slice.provenance() == Provenance.BOUND) {
                provenance = Provenance.BOUND;
            }
            System.arraycopy(kept, to, kept, 0, length - to);
            length -= to;
        }
    }
}
