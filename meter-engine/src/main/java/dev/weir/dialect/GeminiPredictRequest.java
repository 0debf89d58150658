package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a `predict` request (Vertex AI reference, "Text embeddings API", "Generate images"; read 2026-11).
final class GeminiPredictRequest extends RequestReader {
    /// What frames each text, as in [GeminiEmbedRequest].
    private static final int FRAME_TOKENS_MAX = 8;
    /// `sampleCount` where the request has none.
    private static final int IMAGES_USUAL = 4;
    private static final Set<String> KNOWN = Set.of("instances", "parameters");

    GeminiPredictRequest(byte[] body, int length, @Nullable ModelId model) {
        super(body, length, KNOWN);
        this.model = model;
        choices = 0;
        if (model != null && model.value().startsWith("imag")) {
            images(IMAGES_USUAL);
        }
    }

    /// Nothing is known of the model: it may put out text, as much as it likes.
    void anyModel() {
        choices = 1;
        prompt.unseen("nothing is known of a model at an endpoint of the customer's own");
    }

    @Override
    String canonical(String name) {
        return ProtoNames.camelCase(name);
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "instances" -> eachElement(() -> {
                prompt.message();
                prompt.declare(FRAME_TOKENS_MAX);
                eachMember(this::instance);
            });
            case "parameters" -> eachMember(this::parameter);
            default -> json.skip();
        }
    }

    private void instance(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "taskType" -> json.skip();
            case "image", "video", "referenceImages", "mask" -> {
                prompt.notOnlyText();
                json.skip();
            }
            default -> readText();
        }
    }

    private void parameter(String name) throws JsonCursor.Malformed {
        if (name.equals("sampleCount")) {
            images(Math.max(0, json.readLong(IMAGES_USUAL)));
        } else {
            json.skip();
        }
    }

    private void images(long count) {
        others.set(Meter.IMAGES_GENERATED, count, Provenance.BOUND);
    }
}
