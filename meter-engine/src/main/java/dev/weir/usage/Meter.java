package dev.weir.usage;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// What is counted. The identifiers are part of every public face: API, metrics, limits, tables, exports.
///
/// `tokens_in` includes cached tokens and `tokens_out` includes reasoning, as OpenTelemetry's `gen_ai.usage.*` has it; the
/// other token meters are parts of those two. The ordinal is stored nowhere: the spool and the tables carry identifiers or
/// [#code()].
public enum Meter {
    TOKENS_IN(1, "tokens_in"),
    TOKENS_OUT(2, "tokens_out"),
    /// Always `tokens_in + tokens_out`; limits may name it, events derive it.
    TOKENS(3, "tokens"),
    CACHE_READ(4, "cache_read"),
    /// All tokens written to a prompt cache, whatever their lifetime.
    CACHE_WRITE(5, "cache_write"),
    /// The part of `cache_write` with a lifetime of one hour.
    CACHE_WRITE_1H(6, "cache_write_1h"),
    REASONING(7, "reasoning"),
    AUDIO_IN(8, "audio_in"),
    AUDIO_OUT(9, "audio_out"),
    SECONDS(10, "seconds"),
    SEARCHES(11, "searches"),
    /// Calls to tools and connectors that Weir carried out.
    TOOL_CALLS(12, "tool_calls"),
    /// Calls a model asked for: never capped, never charged.
    TOOL_CALLS_REQUESTED(13, "tool_calls_requested"),
    IMAGES_GENERATED(14, "images_generated"),
    /// Payload sent, to the client and to the upstream.
    EGRESS_BYTES(15, "egress_bytes"),
    /// Payload received, from the client and from the upstream.
    INGRESS_BYTES(16, "ingress_bytes"),
    CALLS(17, "calls"),
    READS(18, "reads"),
    WRITES(19, "writes"),
    WEBHOOK_INGESTS(20, "webhook_ingests"),
    RATE_LIMITED(21, "rate_limited"),
    RETRIES(22, "retries"),
    /// Pico-dollars at list price.
    COST(23, "cost"),
    /// Tokens of images in the input, part of `tokens_in`: some models price them apart.
    IMAGE_IN(24, "image_in"),
    /// Tokens of images in the output, part of `tokens_out`.
    IMAGE_OUT(25, "image_out"),
    /// Unicode characters of text turned into speech, where that is what is sold.
    CHARACTERS(26, "characters"),
    /// Pages of documents read.
    PAGES(27, "pages");

    private static final Map<String, Meter> BY_ID = Arrays.stream(values())
            .collect(Collectors.toUnmodifiableMap(Meter::id, Function.identity()));
    private static final Meter[] BY_CODE = byCode();

    private final int code;
    private final String id;

    Meter(int code, String id) {
        this.code = code;
        this.id = id;
    }

    /// The stable number of this meter in the spool's records, 1 to 127.
    public int code() {
        return code;
    }

    /// The name in JSON, SQL and labels.
    public String id() {
        return id;
    }

    public static Optional<Meter> byId(String id) {
        return Optional.ofNullable(BY_ID.get(id));
    }

    /// @throws IllegalArgumentException for a code no version of Weir has used
    public static Meter byCode(int code) {
        if (code < 1 || code >= BY_CODE.length) {
            throw new IllegalArgumentException("no meter has the code " + code);
        }
        return BY_CODE[code];
    }

    private static Meter[] byCode() {
        var table = new Meter[values().length + 1];
        for (Meter meter : values()) {
            table[meter.code] = meter;
        }
        return table;
    }

    @Override
    public String toString() {
        return id;
    }
}
