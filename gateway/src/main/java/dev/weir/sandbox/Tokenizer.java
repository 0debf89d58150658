package dev.weir.sandbox;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import com.knuddels.jtokkit.api.IntArrayList;
import java.util.ArrayList;
import java.util.List;

/// `o200k_base`, the encoding of OpenAI's current models; the sandbox counts every dialect by it. Loading takes about half a
/// second, once. Any thread.
final class Tokenizer {
    private static final Encoding ENCODING = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);

    private Tokenizer() {}

    /// Special-token spellings such as `<|endoftext|>` count as the plain text they are.
    static int count(String text) {
        return ENCODING.countTokensOrdinary(text);
    }

    /// The text of each token in turn; only for ASCII text, where no token ends inside a character.
    static List<String> split(String ascii) {
        IntArrayList ids = ENCODING.encodeOrdinary(ascii);
        var pieces = new ArrayList<String>(ids.size());
        var one = new IntArrayList(1);
        for (int i = 0; i < ids.size(); i++) {
            one.clear();
            one.add(ids.get(i));
            pieces.add(ENCODING.decode(one));
        }
        return pieces;
    }
}
