package dev.weir.exchange;

import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;

/// Where providers put their id of a request (`request-id` Anthropic, `x-request-id` OpenAI and most, `apim-request-id` Azure,
/// `x-amzn-requestid` Bedrock, `mistral-correlation-id`, `x-generation-id` OpenRouter, `x-ds-trace-id` DeepSeek).
final class ProviderIds {
    private static final String[] HEADERS = {"x-request-id", "request-id", "x-amzn-requestid", "apim-request-id",
        "mistral-correlation-id", "x-generation-id", "x-ds-trace-id"};
    private static final int LENGTH_MAX = 128;

    private ProviderIds() {}

    static @Nullable String of(MultiMap headers) {
        for (String name : HEADERS) {
            String id = headers.get(name);
            if (id != null && !id.isEmpty() && id.length() <= LENGTH_MAX) {
                return id;
            }
        }
        return null;
    }
}
