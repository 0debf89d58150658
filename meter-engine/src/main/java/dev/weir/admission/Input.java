package dev.weir.admission;

/// What is known of a call's input tokens before it is made.
public sealed interface Input {
    /// No model reads it: connectors, tools, webhooks.
    Input NONE = new Counted(0);

    /// Not more than this: a byte-level tokenizer never yields more tokens than UTF-8 bytes.
    ///
    /// @param bodyBytes of what the model reads, inline data at its declared maximum per part
    /// @param overheadTokens what the provider adds (roles, separators, tool definitions)
    record AtMost(long bodyBytes, long overheadTokens) implements Input {
        public AtMost {
            if (bodyBytes < 0 || overheadTokens < 0) {
                throw new IllegalArgumentException("bytes and overhead are 0 or more");
            }
        }
    }

    /// Counted: by the model's tokenizer, by the provider, or a calibrated bound; final either way.
    record Counted(long tokens) implements Input {
        public Counted {
            if (tokens < 0) {
                throw new IllegalArgumentException("a count is 0 or more, not " + tokens);
            }
        }
    }

    /// Part of it lies where Weir cannot see it, so only the model's context window bounds it.
    ///
    /// @param reason for the client: `an image by URL`, `a stored conversation`, …
    record Unseen(String reason) implements Input {}

    /// Nothing bounds it, not even the context window, because the model may read as often as it likes.
    ///
    /// @param what for the client: `a realtime session`
    record Unbounded(String what) implements Input {}
}
