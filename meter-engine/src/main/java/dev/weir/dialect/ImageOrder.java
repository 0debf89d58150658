package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which images a request asks for: how many, how large, how good. Filled field by field, from JSON or from a form.
///
/// Models sold by the image (DALL·E) have a price for each quality and size; those sold by tokens put out at most one token
/// for some 252 pixels, 4,160 for 1024 × 1024 at high quality (OpenAI, "Image generation", cost and latency; read 2026-11),
/// and 100 more for each partial image of a stream.
final class ImageOrder {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,5})x(\\d{1,5})");
    private static final long PIXELS_PER_TOKEN = 252;
    private static final long PARTIAL_TOKENS = 100;
    /// Words that may come beside the image; 167 are recorded (gpt-image-1.5).
    private static final long TEXT_TOKENS_MAX = 1_024;
    /// The largest image that any model of this API makes.
    private static final long PIXELS_MAX = 3_840L * 2_160;
    private static final int COUNT_MAX = 1_000;

    @Nullable
    String model;
    private long count = 1;
    private @Nullable String size;
    private @Nullable String quality;
    private long partials;

    /// Takes a field of the request; those that change nothing that is counted are passed over.
    void field(String name, String value) {
        switch (name) {
            case "model" -> model = value.isEmpty() ? null : value;
            case "n" -> count = number(value, 1);
            case "size" -> size = value;
            case "quality" -> quality = value;
            case "partial_images" -> partials = number(value, 0);
            default -> {
            }
        }
    }

    private static long number(String value, long otherwise) {
        boolean plain = !value.isEmpty() && value.length() < 5 && value.chars().allMatch(c -> c >= '0' && c <= '9');
        return plain
                ? Math.clamp(Long.parseLong(value), otherwise, COUNT_MAX)
                : value.isEmpty() ? otherwise : COUNT_MAX;
    }

    Quantities others() {
        return Quantities.of(Meter.IMAGES_GENERATED, count, Provenance.BOUND);
    }

    int count() {
        return Math.toIntExact(count);
    }

    /// Whether the model is sold by the image, so that no tokens come out.
    boolean byTheImage() {
        return model != null && model.startsWith("dall-e");
    }

    /// The most tokens of one image.
    OptionalLong outputMost() {
        return byTheImage()
                ? OptionalLong.empty()
                : OptionalLong.of(pixels() / PIXELS_PER_TOKEN + 1 + TEXT_TOKENS_MAX + partials * PARTIAL_TOKENS);
    }

    private long pixels() {
        Matcher wanted = SIZE.matcher(size == null ? "" : size);
        return wanted.matches()
                ? Math.multiplyExact(Long.parseLong(wanted.group(1)), Long.parseLong(wanted.group(2)))
                : PIXELS_MAX;
    }

    /// What chooses the price of a model sold by the image: `hd/1024x1792`, `512x512`; null for the others.
    @Nullable
    String options() {
        if (!byTheImage()) {
            return null;
        }
        String wide = size == null || size.equals("auto") ? "1024x1024" : size;
        boolean graded = model != null && model.startsWith("dall-e-3");
        return graded ? ("hd".equals(quality) ? "hd/" : "standard/") + wide : wide;
    }
}
