package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/// What every dialect's scanner must bear. A new dialect joins by a row, with an answer of its own to be spoilt.
enum EveryDialect {
    CHAT("openai", "/v1/chat/completions", "openai-chat.sse"),
    CHAT_OF_ANOTHER("xai", "/v1/chat/completions", "openai-chat.sse"),
    MESSAGES("anthropic", "/v1/messages", "anthropic-messages.sse"),
    PASSTHROUGH("openai", "/v1/unheard-of", "openai-chat.sse");

    private final Dialect dialect;
    private final byte[] answer;

    /// @param answer beside `StreamMeterTest`
    EveryDialect(String provider, String path, String answer) {
        dialect = Dialects.of(provider, "POST", path);
        try (InputStream in = EveryDialect.class.getResourceAsStream("/dev/weir/meter/" + answer)) {
            this.answer = Objects.requireNonNull(in, answer).readAllBytes();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    AnswerScanner scanner(OutputListener output) {
        return dialect.answer(output);
    }

    /// A sound answer.
    byte[] answer() {
        return answer.clone();
    }

    /// The documents of the answer, each for itself.
    List<byte[]> documents() {
        return new String(answer, UTF_8).lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> line.substring(6).getBytes(UTF_8))
                .toList();
    }
}
