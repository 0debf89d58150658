package dev.weir.dialect;

import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// OpenAI Chat Completions, `POST …/chat/completions`, of OpenAI itself and of every host that speaks its format.
///
/// @param provider whose rules apply where hosts differ
public record OpenAiChat(String provider) implements Dialect {
    /// Whose recorded streams tell their usage unasked. Another host is asked, even one that is said to tell it always: asking
    /// where there is no need costs a field, not asking where there is one costs the usage.
    private static final Set<String> USAGE_UNASKED = Set.of("groq", "deepseek", "openrouter", "together", "perplexity",
            "cerebras", "mistral", "databricks", "xiaomi");
    private static final Set<String> NEW_LIMIT_FIELD = Set.of("openai", "azure");

    @Override
    public String id() {
        return "openai.chat";
    }

    @Override
    public boolean readsBody() {
        return true;
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new OpenAiChatRequest(provider, head.path(), body, length).read();
    }

    @Override
    public boolean mustAskUsage(RequestFacts facts) {
        return facts.streaming() && !facts.usageAsked() && !USAGE_UNASKED.contains(provider);
    }

    /// Whether the client's stream ends with a usage chunk.
    boolean tellsUsage(RequestFacts facts) {
        return facts.usageAsked() || USAGE_UNASKED.contains(provider);
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        var splices = new Splices();
        splices.limitOutput(facts.layout(), outputLimit,
                outputLimitField != null
                        ? outputLimitField
                        : NEW_LIMIT_FIELD.contains(provider) ? "max_completion_tokens" : "max_tokens");
        if (askUsage) {
            askUsage(facts.layout(), splices);
        }
        return splices.apply(body, length);
    }

    private static void askUsage(RequestFacts.Layout layout, Splices splices) {
        RequestFacts.Span options = layout.streamOptions();
        RequestFacts.Span include = layout.includeUsage();
        if (include != null) {
            splices.replace(include.from(), include.to(), "true");
        } else if (options == null) {
            splices.insertMember(layout.inside(), layout.empty(), "\"stream_options\":{\"include_usage\":true}");
        } else if (layout.streamOptionsIsObject()) {
            splices.insertMember(options.from() + 1, layout.streamOptionsEmpty(), "\"include_usage\":true");
        } else {
            splices.replace(options.from(), options.to(), "{\"include_usage\":true}");
        }
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.OPENAI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new OpenAiChatAnswer(provider, output));
    }

    @Override
    public @Nullable EventStream stream(RequestFacts facts, String callId) {
        return facts.streaming()
                ? new EventStream(new OpenAiChatEnd(true, tellsUsage(facts), facts, callId))
                : null;
    }

    @Override
    public boolean freeOfTokens() {
        return false;
    }
}
