package dev.weir.sandbox;

import java.util.ArrayList;
import java.util.List;

/// What the sandbox says: sentences about a river, over and over, one token at a time.
///
/// Every word is a single token, so the first `n` pieces of any speech are exactly `n` tokens to whoever counts them again,
/// wherever it is cut. Immutable, any thread.
final class Prose {
    private static final String[] SENTENCES = {" The river comes down from the hills and takes its time.",
        " A low wall lies across the water and lets it pass.",
        " On the wall there is a mark for every day of the year.",
        " In the morning a man reads the mark and writes the number in a book.",
        " He does not stop the water and he does not change it.",
        " At the end of the month the book and the river say the same thing.",
        " Children come to look at the fish under the bridge.",
        " When the rain is heavy the wall holds back just what the valley can not take.",
        " Nobody down there has ever had to ask how much was left.",
        " And in the evening the light stays on the water for a long while."};
    private static final List<List<String>> PIECES = List.of(SENTENCES).stream().map(Tokenizer::split).toList();

    private Prose() {}

    /// The number of tokens in three sentences that begin at sentence `start`: what is said when nobody asks for a length.
    static int naturalLength(int start) {
        int length = 0;
        for (int i = 0; i < 3; i++) {
            length += sentence(start + i).size();
        }
        return length;
    }

    /// Exactly `tokens` pieces, from sentence `start` on.
    static List<String> pieces(int start, int tokens) {
        var pieces = new ArrayList<String>(tokens);
        for (int i = start; pieces.size() < tokens; i++) {
            List<String> sentence = sentence(i);
            pieces.addAll(sentence.subList(0, Math.min(sentence.size(), tokens - pieces.size())));
        }
        if (!pieces.isEmpty()) {
            pieces.set(0, pieces.getFirst().stripLeading());
        }
        return pieces;
    }

    private static List<String> sentence(int number) {
        return PIECES.get(Math.floorMod(number, PIECES.size()));
    }
}
