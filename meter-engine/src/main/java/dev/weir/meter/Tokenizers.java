package dev.weir.meter;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Counts tokens: with the model's own tokenizer where it is public, else with a bound.
///
/// Our own table says which model has which encoding, because models appear faster than libraries; a prefix is enough, and
/// the longest that fits counts. Special tokens in the text are counted as ordinary text, as the providers do with user
/// content. The dictionaries are loaded at first use (some 100 ms; [#warm()] does it early), then shared. Any thread.
public final class Tokenizers {
    /// @param prefix of the model's name behind any vendor's prefix
    /// @param encoding the dictionary to count with
    /// @param perMille 1,000 where the dictionary is the model's own; else how many tokens the model makes at most of what
    ///        is 1,000 in this dictionary
    private record Family(String prefix, EncodingType encoding, int perMille) {}

    private static final int OWN = 1_000;
    private static final List<Family> FAMILIES = List.of(
            new Family("gpt-3.5", EncodingType.CL100K_BASE, OWN),
            new Family("gpt-35", EncodingType.CL100K_BASE, OWN),
            new Family("gpt-4", EncodingType.CL100K_BASE, OWN),
            new Family("gpt-4o", EncodingType.O200K_BASE, OWN),
            new Family("gpt-4.1", EncodingType.O200K_BASE, OWN),
            new Family("gpt-4.5", EncodingType.O200K_BASE, OWN),
            new Family("gpt-5", EncodingType.O200K_BASE, OWN),
            new Family("gpt-6", EncodingType.O200K_BASE, OWN),
            new Family("gpt-oss", EncodingType.O200K_BASE, OWN),
            new Family("gpt-audio", EncodingType.O200K_BASE, OWN),
            new Family("gpt-realtime", EncodingType.O200K_BASE, OWN),
            new Family("chatgpt-4o", EncodingType.O200K_BASE, OWN),
            new Family("codex-", EncodingType.O200K_BASE, OWN),
            new Family("o1", EncodingType.O200K_BASE, OWN),
            new Family("o3", EncodingType.O200K_BASE, OWN),
            new Family("o4", EncodingType.O200K_BASE, OWN),
            new Family("text-embedding-", EncodingType.CL100K_BASE, OWN),
            new Family("davinci-002", EncodingType.CL100K_BASE, OWN),
            new Family("babbage-002", EncodingType.CL100K_BASE, OWN),
            // Tokenizers that are not public, or not here. The most that any recorded answer of the family made of 1,000
            // tokens of o200k is in the comment; texts of over 200 characters only.
            new Family("claude", EncodingType.O200K_BASE, 2_500), // 2,330; the middle: 1,100 to 4.6, 1,600 later
            new Family("deepseek", EncodingType.O200K_BASE, 1_200), // 1,053
            new Family("gemini", EncodingType.O200K_BASE, 1_500), // 1,231; 1,407 beside the provider's own tools
            new Family("grok", EncodingType.O200K_BASE, 1_200), // 1,019
            new Family("llama", EncodingType.O200K_BASE, 1_600), // 1,491
            new Family("mistral", EncodingType.O200K_BASE, 1_400), // 1,240
            new Family("qwen", EncodingType.O200K_BASE, 1_300), // 1,108
            new Family("sonar", EncodingType.O200K_BASE, 1_200)); // 1,028

    private final EncodingRegistry registry = Encodings.newLazyEncodingRegistry();

    /// Whether the model's own tokenizer is here.
    public boolean has(@Nullable ModelId model) {
        Family family = familyOf(model);
        return family != null && family.perMille == OWN;
    }

    /// Whether counting says more than the number of bytes does: by the model's own tokenizer, or a calibrated bound.
    public boolean isCalibrated(@Nullable ModelId model) {
        return familyOf(model) != null;
    }

    /// The tokens of `text` for this model. Where its tokenizer is not public, a bound: no byte-level tokenizer makes more
    /// tokens than there are bytes of UTF-8.
    public TokenCount count(@Nullable ModelId model, String text) {
        Family family = familyOf(model);
        if (family == null) {
            return new TokenCount(text.getBytes(StandardCharsets.UTF_8).length, Provenance.BOUND);
        }
        long tokens = encoding(family).countTokensOrdinary(text);
        return family.perMille == OWN
                ? new TokenCount(tokens, Provenance.TOKENIZER)
                : new TokenCount((tokens * family.perMille + 999) / 1_000, Provenance.BOUND);
    }

    /// Loads the dictionaries now.
    public void warm() {
        for (Family family : FAMILIES) {
            encoding(family).countTokensOrdinary("warm");
        }
    }

    private Encoding encoding(Family family) {
        return registry.getEncoding(family.encoding);
    }

    private static @Nullable Family familyOf(@Nullable ModelId model) {
        if (model == null) {
            return null;
        }
        String name = bareName(model.value());
        Family best = null;
        for (Family family : FAMILIES) {
            if (name.startsWith(family.prefix) && (best == null || family.prefix.length() > best.prefix.length())) {
                best = family;
            }
        }
        return best;
    }

    /// `openai/gpt-4o` (OpenRouter and others) and `ft:gpt-4o-mini:acme::1` (fine-tuned) are the model in their middle.
    private static String bareName(String name) {
        int from = name.startsWith("ft:") ? 3 : name.lastIndexOf('/') + 1;
        return name.substring(from);
    }
}
