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

/// Counts tokens: with the model's own tokenizer where it is public, else with a factor over the nearest public one.
///
/// There are two questions. [#count] is for what is reserved: never less than the model makes. [#estimate] is for what was
/// used and not told: as near as can be; how near, for each family of models, is in `docs/estimates.md`.
///
/// Special tokens in the text are counted as ordinary text, as the providers do with user content. The dictionaries are
/// loaded at first use (some 100 ms; [#warm()] does it early), then shared. Any thread.
public final class Tokenizers {
    private final EncodingRegistry registry = Encodings.newLazyEncodingRegistry();

    /// Whether the model's own tokenizer is here.
    public boolean has(@Nullable ModelId model) {
        return ModelFamily.of(model).isOwn();
    }

    /// Whether counting says more than the number of bytes does: by the model's own tokenizer, or a calibrated bound.
    public boolean isCalibrated(@Nullable ModelId model) {
        return ModelFamily.of(model).most() != ModelFamily.UNKNOWN;
    }

    /// At most so many tokens are in `text` for this model. Where nothing is known of its tokenizer: no byte-level tokenizer
    /// makes more tokens than there are bytes of UTF-8.
    public TokenCount count(@Nullable ModelId model, String text) {
        ModelFamily family = ModelFamily.of(model);
        return family.most() == ModelFamily.UNKNOWN
                ? new TokenCount(text.getBytes(StandardCharsets.UTF_8).length, Provenance.BOUND)
                : count(family, text, family.most());
    }

    /// About so many tokens are in `text` for this model.
    public TokenCount estimate(@Nullable ModelId model, String text) {
        ModelFamily family = ModelFamily.of(model);
        return count(family, text, family.habits().text());
    }

    /// About so many tokens are around the text of an answer that asks for so many tool calls.
    public long aroundAnswer(@Nullable ModelId model, long toolCalls) {
        ModelFamily.Habits habits = ModelFamily.of(model).habits();
        return habits.answer() + (toolCalls == 0 ? 0 : habits.call() + habits.furtherCall() * (toolCalls - 1));
    }

    /// About so many tokens are made of the JSON of one tool definition.
    long estimateTool(@Nullable ModelId model, String json) {
        ModelFamily family = ModelFamily.of(model);
        return encoding(family).countTokensOrdinary(json) * (long) family.habits().tools() / 1_000;
    }

    /// About so many tokens come with a request, whatever stands in it.
    long aroundRequest(@Nullable ModelId model, boolean tools) {
        ModelFamily.Habits habits = ModelFamily.of(model).habits();
        return habits.prompt() + (tools ? habits.anyTools() : 0);
    }

    private TokenCount count(ModelFamily family, String text, int perMille) {
        long tokens = encoding(family).countTokensOrdinary(text);
        return family.isOwn()
                ? new TokenCount(tokens, Provenance.TOKENIZER)
                : new TokenCount((tokens * perMille + 999) / 1_000, Provenance.BOUND);
    }

    /// Loads the dictionaries now.
    public void warm() {
        for (EncodingType type : List.of(EncodingType.CL100K_BASE, EncodingType.O200K_BASE)) {
            registry.getEncoding(type).countTokensOrdinary("warm");
        }
    }

    private Encoding encoding(ModelFamily family) {
        return registry.getEncoding(family.encoding());
    }
}
