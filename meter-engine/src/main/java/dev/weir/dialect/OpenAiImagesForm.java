package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads an image request that comes as a form, with the images to change in it (OpenAI API reference, "Create image edit",
/// "Create image variation"; OpenAPI document 2.3.0).
final class OpenAiImagesForm {
    /// What OpenAI takes where none is named.
    static final String DEFAULT_MODEL = "dall-e-2";
    /// The most tokens one image becomes as input: 4,160 for a square at high fidelity, 6,240 for another, beside its tiles
    /// (OpenAI, "Image generation", input fidelity; read 2026-11).
    private static final int IMAGE_TOKENS_MAX = 16_384;

    private static final Set<String> KNOWN = Set.of("model", "n", "size", "quality", "partial_images", "prompt",
            "stream");

    private final String provider;
    private final @Nullable ModelId inPath;
    private final byte[] body;
    private final int length;
    private final ImageOrder order = new ImageOrder();
    private final PromptText prompt = new PromptText();
    private boolean streaming;

    OpenAiImagesForm(String provider, @Nullable ModelId inPath, byte[] body, int length) {
        this.provider = provider;
        this.inPath = inPath;
        this.body = body;
        this.length = length;
    }

    static boolean isForm(RequestHead head) {
        return head.contentType() != null && head.contentType().toLowerCase(Locale.ROOT).startsWith("multipart/");
    }

    RequestReading read(RequestHead head) {
        try {
            var form = new FormReader(body, length, head.contentType(), KNOWN);
            int textBytes = 0;
            for (FormReader.Part part = form.next(); part != null; part = form.next()) {
                if (part.file() || part.name().startsWith("image")) {
                    prompt.notOnlyText();
                    prompt.declare(IMAGE_TOKENS_MAX);
                } else {
                    textBytes += part.to() - part.from();
                    field(part.name(), form.text(part));
                }
            }
            prompt.notOnlyText();
            prompt.bodyBytes(textBytes);
            return new RequestReading.Facts(facts());
        } catch (FormReader.Malformed e) {
            return new RequestReading.Unreadable(String.valueOf(e.getMessage()));
        }
    }

    private void field(String name, String value) throws FormReader.Malformed {
        if (name.equals("model") && value.length() > ModelId.LENGTH_MAX) {
            throw new FormReader.Malformed("The field \"model\" has " + value.length()
                    + " characters; a model's name has at most " + ModelId.LENGTH_MAX + ".");
        }
        if (name.equals("stream")) {
            streaming = value.equals("true");
        }
        order.field(name, value);
    }

    private RequestFacts facts() {
        if (inPath != null) {
            order.model = inPath.value();
        }
        if (order.model == null && provider.equals("openai")) {
            order.model = DEFAULT_MODEL;
        }
        PromptText read = order.byTheImage() ? new PromptText() : prompt;
        return new RequestFacts(order.model == null ? null : new ModelId(order.model), streaming,
                order.byTheImage() ? 0 : order.count(), 1, order.outputMost(), false, read, null, false,
                order.others(), order.options(), RequestFacts.Layout.NONE);
    }
}
