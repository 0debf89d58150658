package dev.weir.dialect;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The shapes in which providers say no, so that the client's own SDK raises the exception it would raise for them.
public enum RefusalWords {
    /// `{"error":{"message","type","param","code"}}` (OpenAI API reference, error codes; read 2026-08).
    OPENAI {
        @Override
        String body(RefusalShape refusal) {
            var out = new StringBuilder(256).append("{\"error\":{\"message\":");
            JsonText.quote(out, refusal.message()).append(",\"type\":");
            JsonText.quote(out, openAiType(refusal.status())).append(",\"param\":null,\"code\":");
            return JsonText.quote(out, refusal.code()).append("}}").toString();
        }
    },
    /// `{"type":"error","error":{"type","message"},"request_id"}` (Anthropic API reference, errors; read 2026-08), with
    /// Weir's stable code beside the type.
    ANTHROPIC {
        @Override
        String body(RefusalShape refusal) {
            var out = new StringBuilder(256).append("{\"type\":\"error\",\"error\":{\"type\":");
            JsonText.quote(out, anthropicType(refusal.status())).append(",\"message\":");
            JsonText.quote(out, refusal.message()).append(",\"code\":");
            JsonText.quote(out, refusal.code()).append("},\"request_id\":");
            return quoteOrNull(out, refusal.requestId()).append('}').toString();
        }
    };

    abstract String body(RefusalShape refusal);

    /// The refusal as bytes.
    public RefusalBody put(RefusalShape refusal) {
        return new RefusalBody(body(refusal).getBytes(StandardCharsets.UTF_8), "application/json");
    }

    /// `insufficient_quota` is the type that tells an SDK, or the human behind it, that trying again will not help.
    private static String openAiType(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 429 -> "insufficient_quota";
            default -> status >= 500 ? "server_error" : "invalid_request_error";
        };
    }

    private static String anthropicType(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 402 -> "billing_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503 -> "overloaded_error";
            case 504 -> "timeout_error";
            default -> status >= 500 ? "api_error" : "invalid_request_error";
        };
    }

    private static StringBuilder quoteOrNull(StringBuilder out, @Nullable String text) {
        return text == null ? out.append("null") : JsonText.quote(out, text);
    }
}
