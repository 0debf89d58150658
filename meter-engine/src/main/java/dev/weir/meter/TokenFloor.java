package dev.weir.meter;

/// The fewest tokens that the text of an answer can be made of, its reasoning left out, counted while it passes; so an output
/// that is beyond its limit can be seen to be so, and one that keeps to it cannot.
///
/// Two things hold for every token of the public dictionaries (`TokenFloorTest` goes through them): it has no letter, space and
/// letter in a row, because text is split before words when a dictionary is made; and it has at most [#TOKEN_MAX] bytes. So
/// each letter-space-letter in the text has an end of a token inside, no two the same, and there are at least as many tokens.
/// Of a dictionary that is not public nobody knows; there half of the floor is taken, which no recorded answer is below
/// (`TokenFloorCorpusTest`).
///
/// What ends in one string and goes on in another is one text. Where a model changes from one kind of output to another
/// between them, a word's beginning may be counted that is none, but that part has a token of its own, which is not counted.
/// Several answers that pass in turns are not one text: their words are not counted, only their bytes.
///
/// A few steps per byte, nothing kept. One thread at a time.
final class TokenFloor {
    static final int TOKEN_MAX = 128;
    private static final int UNICODE_DIGITS = 4;

    private enum Last {
        LETTER, SPACE_AFTER_LETTER, OTHER
    }

    private final boolean oneAnswer;
    private Last last = Last.OTHER;
    private boolean escaped;
    private int digitsLeft;
    private long words;
    private long bytes;

    /// @param oneAnswer whether all text is of one answer
    TokenFloor(boolean oneAnswer) {
        this.oneAnswer = oneAnswer;
    }

    /// The next bytes of the inside of a JSON string, escapes included, cut anywhere.
    void add(byte[] json, int from, int to) {
        for (int i = from; i < to; i++) {
            byte b = json[i];
            if (digitsLeft > 0) {
                digitsLeft--;
            } else if (escaped) {
                escaped = false;
                digitsLeft = b == 'u' ? UNICODE_DIGITS : 0;
                bytes++;
                last = Last.OTHER;
            } else if (b == '\\') {
                escaped = true;
            } else {
                bytes++;
                character(b);
            }
        }
    }

    private void character(byte b) {
        int lower = b | 0x20;
        if (lower >= 'a' && lower <= 'z') {
            words += last == Last.SPACE_AFTER_LETTER ? 1 : 0;
            last = Last.LETTER;
        } else {
            last = b == ' ' && last == Last.LETTER ? Last.SPACE_AFTER_LETTER : Last.OTHER;
        }
    }

    /// The string is over: no escape goes on behind it.
    void end() {
        escaped = false;
        digitsLeft = 0;
    }

    /// @param own whether the model's dictionary is a public one
    long tokens(boolean own) {
        long least = Math.max(oneAnswer ? words : 0, bytes / TOKEN_MAX);
        return own ? least : least / 2;
    }
}
