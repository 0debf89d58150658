package dev.weir.dialect;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What the model will read of a request, as spans of its body, and how much more than those bytes it could become.
///
/// The **bound** holds for every model with a byte-level tokenizer: each token stands for at least one byte of the text, the
/// text is inside the body (escaping only lengthens it), and what a provider's template adds around messages and tools is
/// either shorter than the JSON around them or declared here per part. Images have no such relation to their bytes; their
/// declared maximum is added. Where the provider reads something that is not in the body at all, there is no bound, and
/// [#unseen()] says why.
///
/// Not for sharing between threads while it is filled; afterwards nothing changes it.
public final class PromptText {
    private int[] spans = new int[16];
    private int spanCount;
    private int messages;
    private int tools;
    private boolean onlyText = true;
    private long bytes;
    private long overhead;
    private @Nullable String unseen;

    PromptText() {}

    void bodyBytes(long length) {
        bytes = length;
    }

    void text(int from, int to) {
        if (2 * spanCount == spans.length) {
            spans = Arrays.copyOf(spans, 4 * spanCount);
        }
        spans[2 * spanCount] = from;
        spans[2 * spanCount + 1] = to;
        spanCount++;
    }

    void message() {
        messages++;
    }

    void tool() {
        tools++;
    }

    /// Adds tokens that a part may become beyond its bytes.
    void declare(long tokens) {
        overhead = Math.addExact(overhead, tokens);
    }

    /// There is a part that is no text: only the bound can be had, no count.
    void notOnlyText() {
        onlyText = false;
    }

    void unseen(String why) {
        if (unseen == null) {
            unseen = why;
        }
    }

    /// How many spans of text there are.
    public int spans() {
        return spanCount;
    }

    /// The first byte of span `i`: inside of a JSON string, or raw JSON of a tool definition; escapes included.
    public int from(int i) {
        return spans[2 * i];
    }

    /// The byte after span `i`.
    public int to(int i) {
        return spans[2 * i + 1];
    }

    public int messages() {
        return messages;
    }

    /// Definitions of tools and functions.
    public int tools() {
        return tools;
    }

    /// Whether the spans are all that the model reads, so that counting their tokens is counting the input.
    public boolean onlyText() {
        return onlyText && unseen == null;
    }

    /// No byte-level tokenizer makes more input tokens of this request; only where [#unseen()] is null.
    public long boundTokens() {
        return Math.addExact(bytes, overhead);
    }

    /// What is declared beyond the bytes: images, and what the provider puts before the first message.
    public long declaredTokens() {
        return overhead;
    }

    /// Why the provider reads more than stands in the body; null where it does not.
    public @Nullable String unseen() {
        return unseen;
    }
}
