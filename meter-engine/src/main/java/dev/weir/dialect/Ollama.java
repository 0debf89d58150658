package dev.weir.dialect;

import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Ollama's own API, `POST /api/chat`, `/api/generate`, `/api/embed` and the older `/api/embeddings`; answers are lines of
/// JSON (Ollama, `docs/api.md`, read 2026-11).
///
/// @param task what is asked for
public record Ollama(Task task) implements Dialect {
    /// What the API does.
    public enum Task {
        CHAT, GENERATE, EMBED
    }

    @Override
    public String id() {
        return "ollama." + task.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new OllamaRequest(task, body, length).read();
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Splices.limited(facts, body, length, outputLimit, "options.num_predict");
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.SENTENCE.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new OllamaAnswer(task, output));
    }

    @Override
    public @Nullable EventStream stream(RequestFacts facts, String callId) {
        return facts.streaming() && task != Task.EMBED
                ? new EventStream(new OllamaEnd(task == Task.CHAT, facts.modelName()))
                : null;
    }
}
