package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Every dialect, in each of its ways of speaking, with requests and answers of its own to be spoilt. A new dialect joins by a
/// row here and a section in `every-dialect.txt`; [EveryDialectTest] says which are missing.
enum EveryDialect {
    CHAT("openai", "/v1/chat/completions"),
    CHAT_OF_ANOTHER("xai", "/v1/chat/completions"),
    CHAT_OF_MISTRAL("mistral", "/v1/chat/completions"),
    CHAT_OF_GOOGLE("google", "/v1beta/openai/chat/completions"),
    CHAT_OF_LLAMACPP("llamacpp", "/v1/chat/completions"),
    COMPLETIONS("openai", "/v1/completions"),
    MESSAGES("anthropic", "/v1/messages"),
    COMPLETE("anthropic", "/v1/complete"),
    RESPONSES("openai", "/v1/responses"),
    RESPONSE_ASKED_FOR("openai", "GET", "/v1/responses/resp-1"),
    RUNS("openai", "/v1/threads/th-1/runs"),
    RUN_ASKED_FOR("openai", "GET", "/v1/threads/th-1/runs/run-1"),
    EMBEDDINGS("openai", "/v1/embeddings"),
    MODERATIONS("openai", "/v1/moderations"),
    MODERATIONS_THAT_COST("groq", "/openai/v1/moderations"),
    IMAGES("openai", "/v1/images/generations"),
    IMAGES_CHANGED("openai", "/v1/images/edits"),
    SPEECH("openai", "/v1/audio/speech"),
    TRANSCRIPTION("openai", "/v1/audio/transcriptions"),
    FIM("mistral", "/v1/fim/completions"),
    CONVERSATION("mistral", "/v1/conversations"),
    MODERATION_OF_MISTRAL("mistral", "/v1/moderations"),
    OCR("mistral", "/v1/ocr"),
    GEMINI("google", "/v1beta/models/gem-1:generateContent"),
    GEMINI_STREAM("vertex", "/v1/projects/p/locations/l/publishers/google/models/gem-1:streamGenerateContent"),
    GEMINI_EMBED("google", "/v1beta/models/vec-1:batchEmbedContents"),
    GEMINI_PREDICT("vertex", "/v1/projects/p/locations/l/publishers/google/models/imagen-1:predict"),
    INTERACTIONS("google", "/v1beta/interactions"),
    INTERACTION_ASKED_FOR("google", "GET", "/v1beta/interactions/int-2"),
    CONVERSE("bedrock", "/model/us.anthropic.claude-1-v1%3A0/converse"),
    CONVERSE_STREAM("bedrock", "/model/us.anthropic.claude-1-v1%3A0/converse-stream"),
    INVOKE_CLAUDE("bedrock", "/model/anthropic.claude-1/invoke"),
    INVOKE_CLAUDE_STREAM("bedrock", "/model/anthropic.claude-1/invoke-with-response-stream"),
    INVOKE_NOVA("bedrock", "/model/amazon.nova-lite-v1:0/invoke"),
    INVOKE_NOVA_STREAM("bedrock", "/model/amazon.nova-lite-v1:0/invoke-with-response-stream"),
    INVOKE_TITAN("bedrock", "/model/amazon.titan-text-v1/invoke"),
    INVOKE_LLAMA("bedrock", "/model/meta.llama3-v1:0/invoke"),
    INVOKE_JURASSIC("bedrock", "/model/ai21.j2-mid/invoke"),
    INVOKE_ANOTHER("bedrock", "/model/cohere.command-r-v1:0/invoke"),
    INVOKE_NO_TEXT("bedrock", "/model/amazon.titan-embed-text-v2:0/invoke"),
    OLLAMA_CHAT("ollama", "/api/chat"),
    OLLAMA_GENERATE("ollama", "/api/generate"),
    OLLAMA_EMBED("ollama", "/api/embed"),
    COHERE_CHAT("cohere", "/v2/chat"),
    COHERE_CHAT_V1("cohere", "/v1/chat"),
    COHERE_GENERATE("cohere", "/v1/generate"),
    COHERE_EMBED("cohere", "/v2/embed"),
    RERANK("openai-compatible", "/v1/rerank"),
    RERANK_OF_COHERE("cohere", "/v2/rerank"),
    LLAMACPP("llamacpp", "/completion"),
    TGI("tgi", "/generate_stream"),
    CLOUDFLARE("cloudflare", "/client/v4/accounts/a/ai/run/@cf/m/n"),
    REALTIME("openai", "GET", "/v1/realtime"),
    GEMINI_LIVE("google", "GET",
            "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"),
    BATCH_OF_OPENAI("openai", "/v1/batches"),
    BATCH_OF_ANTHROPIC("anthropic", "/v1/messages/batches"),
    BATCH_OF_GOOGLE("google", "/v1beta/models/gem-1:batchGenerateContent"),
    ANSWERS_OF_OPENAI("openai", "GET", "/v1/files/file-1/content"),
    ANSWERS_OF_ANTHROPIC("anthropic", "GET", "/v1/messages/batches/b-1/results"),
    ANSWERS_OF_GOOGLE("google", "GET", "/download/v1beta/files/f-1:download"),
    TOKEN_COUNT("anthropic", "/v1/messages/count_tokens"),
    PASSTHROUGH("openai", "/v1/unheard-of");

    private final RequestHead head;
    private final Dialect dialect;
    private final Samples samples;

    EveryDialect(String provider, String path) {
        this(provider, "POST", path);
    }

    EveryDialect(String provider, String method, String path) {
        dialect = Dialects.of(provider, method, path);
        samples = Samples.of(name());
        head = new RequestHead(method, path, provider, samples.contentType());
    }

    Dialect dialect() {
        return dialect;
    }

    AnswerScanner scanner(OutputListener output) {
        return dialect.answer(output);
    }

    RequestReading read(byte[] body) {
        return dialect.readRequest(head, body, body.length);
    }

    /// Bodies as a client sends them.
    List<byte[]> requests() {
        return samples.requests();
    }

    /// Sound answers, framed.
    List<byte[]> answers() {
        return samples.answers();
    }

    /// The documents of the answers, each for itself.
    List<byte[]> documents() {
        return samples.documents();
    }

    /// The answer as server-sent events; null where it never comes so.
    byte @Nullable [] eventStream() {
        List<byte[]> events = samples.documents(Samples.EVENT);
        return events.isEmpty() ? null : Samples.events(events, "\n");
    }

    /// An event that comes again and again in a stream; null where nothing does.
    byte @Nullable [] frequentEvent() {
        List<byte[]> events = samples.documents(Samples.EVENT);
        return events.size() < 3
                ? null
                : ("data: " + new String(events.get(events.size() / 2), UTF_8) + "\n\n").getBytes(UTF_8);
    }

    /// The documents as this dialect's binary frames; null where it has none.
    byte @Nullable [] framed(List<byte[]> inside) {
        if (!samples.documents(Samples.WRAPPED).isEmpty()) {
            return Samples.frames(inside, true);
        }
        return samples.documents(Samples.FRAME).isEmpty() ? null : Samples.frames(inside, false);
    }
}
