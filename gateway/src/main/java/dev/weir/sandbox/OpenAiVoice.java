package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.MultiMap;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What all of OpenAI's APIs have in common: errors, headers, the list of models. Shapes as api.openai.com sent them in 2026.
abstract sealed class OpenAiVoice implements Voice
        permits ChatVoice, CompletionsVoice, EmbeddingsVoice, ResponsesVoice {
    @Override
    public JsonNode error(int status, String message, String requestId) {
        ObjectNode error = Json.object();
        ObjectNode inner = error.putObject("error").put("message", message);
        switch (status) {
            case 401 -> inner.put("type", "invalid_request_error").putNull("param").put("code", "invalid_api_key");
            case 404 -> inner.put("type", "invalid_request_error").putNull("param").put("code", "model_not_found");
            case 429 -> inner.put("type", "requests").putNull("param").put("code", "rate_limit_exceeded");
            default -> inner.put("type", status < 500 ? "invalid_request_error" : "server_error")
                    .putNull("param")
                    .putNull("code");
        }
        return error;
    }

    @Override
    public String newRequestId() {
        return Ids.hex("req_", 32);
    }

    @Override
    public void addHeaders(MultiMap headers, String requestId, long processingMillis) {
        headers.set("x-request-id", requestId)
                .set("openai-version", "2020-10-01")
                .set("openai-organization", "weir-sandbox")
                .set("openai-processing-ms", Long.toString(processingMillis))
                .set("x-ratelimit-limit-requests", "10000")
                .set("x-ratelimit-remaining-requests", "9999")
                .set("x-ratelimit-reset-requests", "6ms");
    }

    static JsonNode models() {
        ObjectNode list = Json.object().put("object", "list");
        var data = list.putArray("data");
        for (String model : List.of("gpt-5-mini", "gpt-4o-mini", "weir-sandbox")) {
            data.addObject()
                    .put("id", model)
                    .put("object", "model")
                    .put("created", 1_735_689_600L)
                    .put("owned_by", "weir-sandbox");
        }
        return list;
    }

    static List<String> stops(ObjectNode request) {
        JsonNode stop = request.path("stop");
        if (stop.isTextual()) {
            return List.of(stop.textValue());
        }
        var stops = new ArrayList<String>();
        stop.forEach(each -> stops.add(each.asText()));
        return stops;
    }

    static @Nullable String modelMissing(ObjectNode request) {
        return request.path("model").isTextual() ? null : "you must provide a model parameter";
    }

    /// Null where this field is absent or a whole number of `least` or more.
    static @Nullable String numberFault(ObjectNode request, String field, long least) {
        JsonNode number = request.path(field);
        return !request.hasNonNull(field) || number.isIntegralNumber() && number.longValue() >= least
                ? null
                : "Invalid '" + field + "': expected an integer of at least " + least + ", but got " + number
                        + " instead.";
    }

    static long now() {
        return Instant.now().getEpochSecond();
    }
}
