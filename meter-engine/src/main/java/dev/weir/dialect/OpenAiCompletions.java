package dev.weir.dialect;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The older OpenAI Completions, `POST …/completions`, which text-generation servers still speak. Answers and usage are those
/// of a chat, with the text right in the choice.
///
/// @param provider whose rules apply where hosts differ
public record OpenAiCompletions(String provider) implements Dialect {
    @Override
    public String id() {
        return "openai.completions";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new OpenAiCompletionsRequest(head.path(), body, length).read();
    }

    @Override
    public boolean mustAskUsage(RequestFacts facts) {
        return new OpenAiChat(provider).mustAskUsage(facts);
    }

    @Override
    public byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return new OpenAiChat(provider).edit(facts, body, length, outputLimit, askUsage,
                outputLimitField != null ? outputLimitField : "max_tokens");
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
                ? new EventStream(new OpenAiChatEnd(false, new OpenAiChat(provider).tellsUsage(facts), facts,
                        callId))
                : null;
    }
}
