package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.util.Set;

/// Reads an image request in JSON (OpenAI API reference, "Create image", "Create image edit"; OpenAPI document 2.3.0).
final class OpenAiImagesRequest extends RequestReader {
    private static final Set<String> KNOWN = Set.of("model", "n", "size", "quality", "partial_images", "prompt",
            "stream", "image", "images");

    private final String provider;
    private final ImageOrder order = new ImageOrder();

    OpenAiImagesRequest(String provider, String path, byte[] body, int length) {
        super(body, length, KNOWN);
        this.provider = provider;
        this.model = PathModel.of(path);
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "n", "partial_images" -> {
                long value = json.readLong(-1);
                order.field(name, value < 0 ? "" : Long.toString(value));
            }
            case "size", "quality" -> {
                String value = json.readStringOrNull();
                order.field(name, value == null ? "" : value);
            }
            case "stream" -> streaming = json.readTruth();
            case "user" -> user = json.readStringOrNull();
            case "prompt" -> readText();
            case "image", "images", "mask", "image_url", "reference_images" -> {
                if (json.peek() != JsonCursor.Kind.NULL) {
                    prompt.unseen("an image is part of the request");
                }
                json.skip();
            }
            default -> json.skip();
        }
    }

    @Override
    void allRead() {
        if (model == null && provider.equals("openai")) {
            model = new ModelId(OpenAiImagesForm.DEFAULT_MODEL);
        }
        order.model = model == null ? null : model.value();
        choices = order.byTheImage() ? 0 : order.count();
        outputMost = order.outputMost();
        options = order.options();
        order.others().forEach(others::set);
        if (order.byTheImage()) {
            prompt.bodyBytes(0);
        }
    }
}
