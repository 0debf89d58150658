package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;

/// What a request asks the sandbox to do to it: the field `weir_sandbox` (design decision 20), each part optional.
///
/// @param delayMillis `delay_ms`: before the first byte of an answer, and between the events of a stream; 0 to 60,000
/// @param status `status`: answer with this error status, in the dialect's shape; 0 for none
/// @param retryAfterSeconds `retry_after_s`: send `Retry-After`; -1 for none
/// @param cutAfterChunks `cut_after_chunks`: break the connection after so many events; -1 for never
/// @param outputTokens `output_tokens`: say so many tokens, within the request's own limit; -1 for a natural length
record Controls(int delayMillis, int status, int retryAfterSeconds, int cutAfterChunks, int outputTokens) {
    static final String FIELD = "weir_sandbox";
    static final Controls NONE = new Controls(0, 0, -1, -1, -1);

    Controls {
        within("delay_ms", delayMillis, 0, 60_000);
        if (status != 0) {
            within("status", status, 400, 599);
        }
        within("retry_after_s", retryAfterSeconds, -1, 86_400);
        within("cut_after_chunks", cutAfterChunks, -1, Integer.MAX_VALUE);
        within("output_tokens", outputTokens, -1, 1_000_000);
    }

    /// @throws IllegalArgumentException naming the part, its value and its range
    static Controls of(JsonNode request) {
        JsonNode field = request.path(FIELD);
        if (field.isMissingNode() || field.isNull()) {
            return NONE;
        }
        if (!field.isObject()) {
            throw new IllegalArgumentException(FIELD + " is no object; send {\"status\": 429} or the like");
        }
        for (var names = field.fieldNames(); names.hasNext();) {
            String name = names.next();
            switch (name) {
                case "delay_ms", "status", "retry_after_s", "cut_after_chunks", "output_tokens" -> {
                }
                default -> throw new IllegalArgumentException(FIELD + " has no part '" + name
                        + "'; it has delay_ms, status, retry_after_s, cut_after_chunks, output_tokens");
            }
        }
        return new Controls(part(field, "delay_ms", 0), part(field, "status", 0), part(field, "retry_after_s", -1),
                part(field, "cut_after_chunks", -1), part(field, "output_tokens", -1));
    }

    private static int part(JsonNode field, String name, int absent) {
        JsonNode value = field.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return absent;
        }
        if (!value.canConvertToInt() || !value.isIntegralNumber()) {
            throw new IllegalArgumentException(FIELD + "." + name + "=" + value + " is no whole number");
        }
        return value.intValue();
    }

    private static void within(String name, int value, int from, int to) {
        if (value < from || value > to) {
            throw new IllegalArgumentException(
                    FIELD + "." + name + "=" + value + " is not between " + Math.max(0, from) + " and " + to);
        }
    }
}
