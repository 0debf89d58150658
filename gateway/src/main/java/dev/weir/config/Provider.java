package dev.weir.config;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The providers of `llm` routes that Weir knows by name: how each takes its credential and its output limit.
///
/// The ids are those of the price book and of events. Source of the rest: the providers' API references.
public enum Provider {
    OPENAI("openai", CredentialForm.BEARER, "max_completion_tokens"),
    AZURE("azure", CredentialForm.header("api-key"), "max_completion_tokens"),
    ANTHROPIC("anthropic", CredentialForm.header("x-api-key"), "max_tokens"),
    GOOGLE("google", CredentialForm.header("x-goog-api-key"), "generationConfig.maxOutputTokens"),
    VERTEX("vertex", CredentialForm.BEARER, "generationConfig.maxOutputTokens"),
    BEDROCK("bedrock", CredentialForm.BEARER, "inferenceConfig.maxTokens"),
    OLLAMA("ollama", CredentialForm.BEARER, "options.num_predict"),
    MISTRAL("mistral"),
    COHERE("cohere"),
    GROQ("groq"),
    DEEPSEEK("deepseek"),
    XAI("xai"),
    OPENROUTER("openrouter"),
    TOGETHER("together"),
    FIREWORKS("fireworks"),
    PERPLEXITY("perplexity"),
    CEREBRAS("cerebras"),
    HUGGINGFACE("huggingface"),
    ALIBABA("alibaba"),
    ZAI("zai"),
    CLOUDFLARE("cloudflare"),
    DATABRICKS("databricks"),
    BASETEN("baseten"),
    VERCEL("vercel"),
    VLLM("vllm"),
    LLAMACPP("llamacpp"),
    TGI("tgi"),
    /// Any other host that speaks OpenAI's API.
    OPENAI_COMPATIBLE("openai-compatible"),
    /// The little upstream inside Weir that answers without any provider.
    SANDBOX("sandbox");

    private final String id;
    private final CredentialForm credentialForm;
    private final String outputLimitField;

    Provider(String id) {
        this(id, CredentialForm.BEARER, "max_tokens");
    }

    Provider(String id, CredentialForm credentialForm, String outputLimitField) {
        this.id = id;
        this.credentialForm = credentialForm;
        this.outputLimitField = outputLimitField;
    }

    public String id() {
        return id;
    }

    public CredentialForm credentialForm() {
        return credentialForm;
    }

    /// The request field, in the provider's main dialect, that bounds the output.
    public String outputLimitField() {
        return outputLimitField;
    }

    static List<String> ids() {
        return Arrays.stream(values()).map(Provider::id).toList();
    }

    /// By id; `gemini` is understood as `google`.
    public static Optional<Provider> byId(String id) {
        String asked = id.equals("gemini") ? "google" : id;
        return Arrays.stream(values()).filter(provider -> provider.id.equals(asked)).findFirst();
    }

    @Override
    public String toString() {
        return id;
    }
}
