package dev.weir.dialect;

import dev.weir.usage.Quantities;
import java.util.OptionalLong;

/// The answers of a batch, read after it has ended: JSON Lines, one request's answer a line, each with its own usage.
///
/// @param objectId what the path names: the batch, or the file
public record BatchAnswers(Batches.Maker maker, String objectId) implements Dialect {
    /// A line of results (Anthropic API reference, "Retrieve Message Batch results"); requests that failed have no message.
    private static final JsonPaths<AnthropicMessagesAnswer.Field> MESSAGES = AnthropicMessagesAnswer
            .paths(new JsonPaths<>(), "result.message.");
    /// A line of a file of answers (Gemini API reference, "Batch API").
    private static final JsonPaths<GeminiAnswer.Field> CONTENTS = GeminiAnswer.paths(new JsonPaths<>(), "response");

    @Override
    public String id() {
        return maker.id();
    }

    @Override
    public boolean readsBody() {
        return false;
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new RequestReading.Facts(new RequestFacts(null, false, 0, 1, OptionalLong.empty(), false,
                new PromptText(), null, false, Quantities.NONE, null, RequestFacts.Layout.NONE));
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return maker.words().put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(switch (maker) {
            case OPENAI -> BatchLines.of(new OpenAiBatchLines(objectId));
            case ANTHROPIC -> BatchLines.of(new BatchedAnswers<>(MESSAGES,
                    () -> new AnthropicMessagesAnswer(OutputListener.NONE), objectId));
            case GEMINI -> BatchLines.of(new BatchedAnswers<>(CONTENTS,
                    () -> new GeminiAnswer(OutputListener.NONE), objectId));
        });
    }

    @Override
    public boolean freeOfTokens() {
        return true;
    }

    @Override
    public boolean looksUp() {
        return true;
    }
}
