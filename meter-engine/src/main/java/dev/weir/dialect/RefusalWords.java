package dev.weir.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
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
    },
    /// `{"error":{"code","message","status","details"}}` (google.rpc.Status as the Gemini API puts it; AIP-193, read 2026-11),
    /// with Weir's stable code in an ErrorInfo.
    GEMINI {
        @Override
        String body(RefusalShape refusal) {
            var out = new StringBuilder(384).append("{\"error\":{\"code\":")
                    .append(refusal.status())
                    .append(",\"message\":");
            JsonText.quote(out, refusal.message()).append(",\"status\":\"").append(googleStatus(refusal.status()));
            out.append("\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":");
            JsonText.quote(out, refusal.code().toUpperCase(Locale.ROOT))
                    .append(",\"domain\":\"weir\",\"metadata\":{\"code\":");
            return JsonText.quote(out, refusal.code()).append("}}]}}").toString();
        }
    },
    /// `{"message"}` with the exception's name in `x-amzn-errortype` (botocore, bedrock-runtime service-2.json).
    ///
    /// The AWS SDKs try a ThrottlingException and any status of 429 again, so a block is a ServiceQuotaExceededException,
    /// whose status is 400.
    BEDROCK {
        @Override
        String body(RefusalShape refusal) {
            var out = new StringBuilder(256).append("{\"message\":");
            JsonText.quote(out, refusal.message()).append(",\"code\":");
            return JsonText.quote(out, refusal.code()).append('}').toString();
        }

        @Override
        int status(RefusalShape refusal) {
            return refusal.status() == 429 ? 400 : refusal.status();
        }

        @Override
        Map<String, String> headers(RefusalShape refusal) {
            return Map.of("x-amzn-errortype", bedrockException(refusal.status()));
        }
    },
    /// `{"id","message"}` (Cohere API reference, errors; read 2026-11), with Weir's stable code beside.
    COHERE {
        @Override
        String body(RefusalShape refusal) {
            var out = new StringBuilder(256).append("{\"id\":");
            quoteOrNull(out, refusal.requestId()).append(",\"message\":");
            JsonText.quote(out, refusal.message()).append(",\"code\":");
            return JsonText.quote(out, refusal.code()).append('}').toString();
        }
    },
    /// `{"error"}` as one sentence (Ollama `docs/api/errors.mdx`; text-generation-inference adds `error_type`, which is here
    /// too), with Weir's stable code beside.
    SENTENCE {
        @Override
        String body(RefusalShape refusal) {
            var out = new StringBuilder(256).append("{\"error\":");
            JsonText.quote(out, refusal.message()).append(",\"error_type\":");
            JsonText.quote(out, refusal.code()).append(",\"code\":");
            return JsonText.quote(out, refusal.code()).append('}').toString();
        }
    };

    abstract String body(RefusalShape refusal);

    int status(RefusalShape refusal) {
        return refusal.status();
    }

    Map<String, String> headers(RefusalShape refusal) {
        return Map.of();
    }

    /// The refusal as bytes.
    public RefusalBody put(RefusalShape refusal) {
        return new RefusalBody(body(refusal).getBytes(StandardCharsets.UTF_8), "application/json", status(refusal),
                headers(refusal));
    }

    /// How this provider's clients are told no on this path; hosts that speak another's API on a path of their own are told
    /// its way there.
    static RefusalWords of(String provider, String path) {
        return switch (provider) {
            case "anthropic" -> ANTHROPIC;
            case "google", "gemini", "vertex" -> path.contains("/openai/") ? OPENAI : GEMINI;
            case "bedrock" -> bedrock(path);
            case "cohere" -> path.contains("/compatibility/") ? OPENAI : COHERE;
            case "ollama" -> path.startsWith("/api/") ? SENTENCE : OPENAI;
            case "tgi" -> path.startsWith("/v1/") ? OPENAI : SENTENCE;
            default -> OPENAI;
        };
    }

    /// The hosts `bedrock-mantle` speak OpenAI's API, and Anthropic's.
    private static RefusalWords bedrock(String path) {
        return path.startsWith("/anthropic/")
                ? ANTHROPIC
                : path.startsWith("/v1/") || path.startsWith("/openai/") ? OPENAI : BEDROCK;
    }

    private static String googleStatus(int status) {
        return switch (status) {
            case 401 -> "UNAUTHENTICATED";
            case 403 -> "PERMISSION_DENIED";
            case 404 -> "NOT_FOUND";
            case 429 -> "RESOURCE_EXHAUSTED";
            case 501 -> "UNIMPLEMENTED";
            case 502, 503 -> "UNAVAILABLE";
            case 504 -> "DEADLINE_EXCEEDED";
            default -> status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
        };
    }

    private static String bedrockException(int status) {
        return switch (status) {
            case 401, 403 -> "AccessDeniedException";
            case 404 -> "ResourceNotFoundException";
            case 429 -> "ServiceQuotaExceededException";
            case 503 -> "ServiceUnavailableException";
            case 504 -> "ModelTimeoutException";
            default -> status >= 500 ? "InternalServerException" : "ValidationException";
        };
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
