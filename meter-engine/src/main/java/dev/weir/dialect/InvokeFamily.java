package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Whose own language a Bedrock InvokeModel request is written in, as far as requests differ: what limits the output (Amazon
/// Bedrock user guide, "Inference request parameters and response fields"; read 2026-11).
///
/// The id tells, where it is a model's. Of an ARN that hides its model nothing is known ([#OTHER]); the route's
/// `output-limit-field` then says what an added limit is called.
enum InvokeFamily {
    /// No text comes out: vectors, pictures, ranks.
    NO_TEXT(null, "amazon.titan-embed", "amazon.titan-image", "amazon.nova-canvas", "amazon.nova-reel",
            "amazon.nova-2-multimodal-embeddings", "amazon.rerank", "cohere.embed", "cohere.rerank", "stability.",
            "twelvelabs.marengo"),
    CLAUDE("max_tokens", "anthropic."),
    NOVA("inferenceConfig.maxTokens", "amazon.nova"),
    TITAN("textGenerationConfig.maxTokenCount", "amazon.titan"),
    LLAMA("max_gen_len", "meta.llama"),
    JURASSIC("maxTokens", "ai21.j2"),
    /// Mistral, Cohere, Jamba, OpenAI, DeepSeek, Qwen and whatever comes.
    OTHER("max_tokens");

    private final @Nullable String limitField;
    private final String[] beginnings;

    InvokeFamily(@Nullable String limitField, String... beginnings) {
        this.limitField = limitField;
        this.beginnings = beginnings;
    }

    /// The field that an output limit is added as; null where there is none.
    @Nullable
    String limitField() {
        return limitField;
    }

    /// @param path `/model/{id}/invoke`
    static InvokeFamily of(String path) {
        ModelId model = BedrockModel.of(path);
        String id = model == null ? "" : model.value().toLowerCase(Locale.ROOT);
        for (InvokeFamily family : values()) {
            for (String beginning : family.beginnings) {
                // An inference profile puts a region before the vendor: us., eu., global.
                if (id.startsWith(beginning) || id.regionMatches(id.indexOf('.') + 1, beginning, 0,
                        beginning.length())) {
                    return family;
                }
            }
        }
        return OTHER;
    }
}
