package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.MultiMap;

/// A dialect that the sandbox speaks. Stateless, any thread.
sealed interface Voice
        permits MessagesVoice, OpenAiVoice, OllamaVoice, CohereVoice, GeminiVoice, ConverseVoice {
    /// Answers a request of this dialect; never throws for what a client sends.
    Reply reply(ObjectNode request, Controls controls);

    /// An error in the dialect's shape.
    JsonNode error(int status, String message, String requestId);

    /// A new id as this upstream's answers carry it.
    String newRequestId();

    /// The headers that the real upstream puts on every answer.
    void addHeaders(MultiMap headers, String requestId, long processingMillis);

    /// Those that it puts on an error beside them.
    default void addErrorHeaders(MultiMap headers, int status) {}
}
