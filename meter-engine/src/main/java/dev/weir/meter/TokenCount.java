package dev.weir.meter;

import dev.weir.usage.Provenance;

/// A number of tokens and how it is known: counted by the model's own tokenizer, or an upper bound.
///
/// @param tokens 0 or more
public record TokenCount(long tokens, Provenance provenance) {
    public TokenCount {
        if (tokens < 0) {
            throw new IllegalArgumentException("a count of tokens is 0 or more, not " + tokens);
        }
    }
}
