package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// OpenAI embeddings, `POST /v1/embeddings`: unit vectors that depend on nothing but the number of tokens, as numbers or, where
/// asked, in base64.
final class EmbeddingsVoice extends OpenAiVoice {
    private static final int DIMENSIONS = 64;
    private static final int DIMENSIONS_MAX = 4_096;

    @Override
    public Reply reply(ObjectNode request, Controls controls) {
        List<JsonNode> inputs = inputs(request.path("input"));
        String fault = fault(request, inputs);
        if (fault != null) {
            return new Reply.Rejected(400, fault);
        }
        int dimensions = Math.min(DIMENSIONS_MAX, request.path("dimensions").asInt(DIMENSIONS));
        boolean base64 = request.path("encoding_format").asText().equals("base64");
        int read = 0;
        ObjectNode answer = Json.object().put("object", "list");
        var data = answer.putArray("data");
        for (int i = 0; i < inputs.size(); i++) {
            int tokens = tokens(inputs.get(i));
            read += tokens;
            ObjectNode embedding = data.addObject().put("object", "embedding").put("index", i);
            int axis = Math.floorMod(tokens, dimensions);
            if (base64) {
                embedding.put("embedding", base64(dimensions, axis));
            } else {
                var numbers = embedding.putArray("embedding");
                for (int d = 0; d < dimensions; d++) {
                    numbers.add(d == axis ? 1.0 : 0.0);
                }
            }
        }
        answer.put("model", request.path("model").textValue());
        answer.putObject("usage").put("prompt_tokens", read).put("total_tokens", read);
        return new Reply.Whole(answer);
    }

    private static @Nullable String fault(ObjectNode request, List<JsonNode> inputs) {
        if (inputs.isEmpty()) {
            return "'$.input' is invalid.";
        }
        String missing = modelMissing(request);
        return missing != null ? missing : numberFault(request, "dimensions", 1);
    }

    /// A text and an array of numbers are one input; an array of either is several.
    private static List<JsonNode> inputs(JsonNode input) {
        if (input.isTextual() || input.path(0).isNumber()) {
            return List.of(input);
        }
        var inputs = new ArrayList<JsonNode>();
        input.forEach(inputs::add);
        return inputs;
    }

    private static int tokens(JsonNode input) {
        return input.isArray() ? input.size() : Tokenizer.count(input.asText());
    }

    private static String base64(int dimensions, int axis) {
        var floats = ByteBuffer.allocate(Float.BYTES * dimensions).order(ByteOrder.LITTLE_ENDIAN);
        floats.putFloat(Float.BYTES * axis, 1);
        return Base64.getEncoder().encodeToString(floats.array());
    }
}
