package dev.weir.sandbox;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one choice of an answer says, token by token, and why it ends.
///
/// @param tokens what [Tokenizer#count] makes of the whole text
/// @param stopSequence the sequence that ended it, or null
record Speech(List<String> pieces, int tokens, boolean cutByLimit, @Nullable String stopSequence) {
    private static final int OUTPUT_TOKENS_MAX = 1_000_000;

    /// @param start which sentence to begin with; the same number gives the same text
    /// @param wanted how many tokens to say if nothing ends it earlier, or -1 for a natural length
    /// @param limit the request's own limit, or -1
    /// @param stops the request's stop sequences; none of them is ever part of the text
    static Speech of(int start, int wanted, long limit, List<String> stops) {
        int natural = Math.min(wanted >= 0 ? wanted : Prose.naturalLength(start), OUTPUT_TOKENS_MAX);
        boolean cut = limit >= 0 && limit < natural;
        List<String> pieces = Prose.pieces(start, cut ? (int) limit : natural);
        String text = String.join("", pieces);
        String stop = null;
        int end = text.length();
        for (String candidate : stops) {
            int found = candidate.isEmpty() ? -1 : text.indexOf(candidate);
            if (found >= 0 && found < end) {
                end = found;
                stop = candidate;
            }
        }
        if (stop == null) {
            return new Speech(pieces, pieces.size(), cut, null);
        }
        String said = text.substring(0, end);
        return new Speech(Tokenizer.split(said), Tokenizer.count(said), false, stop);
    }

    String text() {
        return String.join("", pieces);
    }
}
