package dev.weir;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// One call that a client of a chaos run makes. Its mark, `TENANT.PREFIX-NUMBER`, goes with it everywhere: to the upstream in a
/// header, to the event as its run; and it decides what the upstream will tell, so that every ledger can be checked by itself.
///
/// @param mark unique among all calls of all rounds
/// @param key a Weir key of the tenant
record ChaosCall(String mark, String tenant, String key, Shape shape, Mood mood) {
    static final String MARK = "x-chaos-mark";
    static final String MOOD = "x-chaos-mood";
    static final int OUTPUT_MAX = 60;
    private static final int TAG_BYTES = 100;
    private static final int OUTPUT_OF_LONG_ANSWERS = 400;

    /// What is asked for.
    enum Shape {
        CHAT("gpt-4o-mini"),
        CHAT_STREAM("gpt-4o-mini"),
        CHAT_STREAM_ASKING_USAGE("gpt-4o-mini"),
        MESSAGES_STREAM("claude-haiku-4-5"),
        READ(""),
        WRITE("");

        private final String model;

        Shape(String model) {
            this.model = model;
        }

        String model() {
            return model;
        }

        boolean isLlm() {
            return !model.isEmpty();
        }

        boolean isStream() {
            return this == CHAT_STREAM || this == CHAT_STREAM_ASKING_USAGE || this == MESSAGES_STREAM;
        }
    }

    /// How it goes.
    enum Mood {
        QUICK,
        /// The answer comes bit by bit, so that a kill meets it half way.
        SLOW,
        /// The answer would be long, and the client leaves after its beginning.
        LEAVING,
        /// The first attempt is answered with 429 and may be repeated at once.
        BUSY,
        /// The upstream answers with 500.
        FAILING,
        /// The upstream breaks off in the middle of its answer.
        BREAKING
    }

    String path() {
        return switch (shape) {
            case CHAT, CHAT_STREAM, CHAT_STREAM_ASKING_USAGE -> "/openai/v1/chat/completions";
            case MESSAGES_STREAM -> "/anthropic/v1/messages";
            case READ, WRITE -> "/tickets/api/now/table/incident/" + mark;
        };
    }

    byte[] body() {
        String text = switch (shape) {
            case CHAT -> chat("");
            case CHAT_STREAM -> chat(",\"stream\":true");
            case CHAT_STREAM_ASKING_USAGE ->
                chat(",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
            case MESSAGES_STREAM -> chat(",\"stream\":true");
            case READ -> "";
            case WRITE -> "{\"short_description\":\"" + mark + "\"}";
        };
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String chat(String more) {
        return "{\"model\":\"" + shape.model() + "\"" + more + ",\"max_tokens\":" + outputMax()
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    }

    int outputMax() {
        return mood == Mood.LEAVING ? OUTPUT_OF_LONG_ANSWERS : OUTPUT_MAX;
    }

    static long tokensIn(String mark) {
        return 3 + Math.floorMod(mark.hashCode(), 7);
    }

    static long tokensOut(String mark, Mood mood) {
        return mood == Mood.LEAVING ? OUTPUT_OF_LONG_ANSWERS : 1 + Math.floorMod(mark.hashCode(), 25);
    }

    static String tenantOf(String mark) {
        return mark.substring(0, mark.indexOf('.'));
    }

    /// Every header it carries, in pairs.
    ///
    /// @param tagBytes of tags that compress badly, at most 1,600
    List<String> headers(int tagBytes) {
        var headers = new ArrayList<>(List.of("Authorization", "Bearer " + key, "X-Weir-Run", mark,
                "X-Weir-Ticket", "T" + Math.floorMod(mark.hashCode(), 5), MARK, mark, MOOD, mood.name(),
                "Content-Type", "application/json"));
        if (tagBytes > 0) {
            var random = new SplittableRandom(mark.hashCode());
            String tags = IntStream.range(0, tagBytes / TAG_BYTES)
                    .mapToObj(n -> "t" + n + "=" + random.ints(TAG_BYTES, 'a', 'z' + 1)
                            .mapToObj(Character::toString)
                            .collect(Collectors.joining()))
                    .collect(Collectors.joining(","));
            headers.addAll(List.of("X-Weir-Tags", tags));
        }
        return headers;
    }
}
