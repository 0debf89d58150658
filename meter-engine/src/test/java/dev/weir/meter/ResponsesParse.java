package dev.weir.meter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/// The slow and obvious reading of a recorded Responses answer, for what the corpus' own meters leave out.
final class ResponsesParse {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ResponsesParse() {}

    /// The searches that are billed: as the provider counts them, else the output items that search.
    static long searches(JsonNode record) {
        JsonNode response = response(record);
        JsonNode xai = response.path("usage").path("server_side_tool_usage_details");
        if (xai.isObject()) {
            return xai.path("web_search_calls").asLong() + xai.path("x_search_calls").asLong();
        }
        JsonNode counted = response.path("tool_usage").path("web_search").path("num_requests");
        if (counted.isNumber()) {
            return counted.asLong();
        }
        long searches = 0;
        for (JsonNode item : response.path("output")) {
            if (item.path("type").asText().equals("web_search_call")
                    && item.path("action").path("type").asText("search").equals("search")) {
                searches++;
            }
        }
        return searches;
    }

    /// The response object: the answer itself, or that of a stream's last event that has one.
    private static JsonNode response(JsonNode record) {
        String body = record.path("response").path("body").asText();
        JsonNode last = JSON.createObjectNode();
        try {
            if (!record.path("streaming").asBoolean()) {
                return JSON.readTree(body);
            }
            for (String line : body.split("\r?\n")) {
                JsonNode event = line.startsWith("data:") && line.contains("{")
                        ? JSON.readTree(line.substring(5))
                        : last;
                last = event.path("response").isObject() ? event.path("response") : last;
            }
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
        return last;
    }
}
