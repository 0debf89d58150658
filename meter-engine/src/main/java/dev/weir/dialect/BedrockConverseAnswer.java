package dev.weir.dialect;

import static dev.weir.dialect.BedrockConverseAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to a Converse answer, whole or event by event, and to Nova's own, which wraps the same events in objects.
///
/// `inputTokens` excludes what the cache read and wrote; here it is put together. The cache counts come twice, as
/// `cacheReadInputTokens` and `…TokenCount`; the first name that is there counts. Usage comes once, in the last event.
final class BedrockConverseAnswer extends AnswerFields<BedrockConverseAnswer.Field> {
    enum Field {
        MODEL,
        TIER,
        STOP,
        TEXT,
        THOUGHT,
        TOOL,
        TOOL_TYPE,
        USAGE,
        // tokens
        INPUT,
        OUTPUT,
        CACHE_READ,
        CACHE_READ_COUNT,
        CACHE_WRITE,
        CACHE_WRITE_COUNT,
        // what was written to the cache, by time to live
        DETAIL,
        DETAIL_TTL,
        DETAIL_TOKENS
    }

    private static final JsonPaths<Field> CONVERSE = converse();
    private static final JsonPaths<Field> NOVA = nova();

    private final JsonPaths<Field> paths;
    private final Counts<Field> usage = new Counts<>(Field.class);
    private boolean told;
    private boolean finished;
    private long toolCalls;
    private boolean hourDetail;
    private long detailTokens;
    private boolean writtenHourSeen;
    private long writtenHour;
    private @Nullable ModelId model;
    private @Nullable String tier;
    private @Nullable String error;

    private BedrockConverseAnswer(JsonPaths<Field> paths, OutputListener output) {
        super(output);
        this.paths = paths;
    }

    static BedrockConverseAnswer ofConverse(OutputListener output) {
        return new BedrockConverseAnswer(CONVERSE, output);
    }

    static BedrockConverseAnswer ofNova(OutputListener output) {
        return new BedrockConverseAnswer(NOVA, output);
    }

    private static JsonPaths<Field> converse() {
        var paths = new JsonPaths<Field>();
        paths.add(MODEL, Strings.WHOLE, "trace.promptRouter.invokedModelId");
        paths.add(TIER, Strings.WHOLE, "serviceTier.type");
        paths.add(STOP, Strings.WHOLE, "stopReason");
        block(paths, "output.message.content[]");
        event(paths, "start", "delta");
        return usage(paths, "usage");
    }

    private static JsonPaths<Field> nova() {
        var paths = new JsonPaths<Field>();
        paths.add(STOP, Strings.WHOLE, "stopReason", "messageStop.stopReason");
        block(paths, "output.message.content[]");
        event(paths, "contentBlockStart.start", "contentBlockDelta.delta");
        return usage(usage(paths, "usage"), "metadata.usage");
    }

    private static void block(JsonPaths<Field> paths, String block) {
        paths.add(TEXT, Strings.PIECES, block + ".text", block + ".citationsContent.content[].text",
                block + ".toolUse.name");
        paths.add(THOUGHT, Strings.PIECES, block + ".reasoningContent.reasoningText.text");
        paths.add(TOOL, Strings.WHOLE, block + ".toolUse");
        paths.add(TOOL_TYPE, Strings.WHOLE, block + ".toolUse.type");
    }

    private static void event(JsonPaths<Field> paths, String start, String delta) {
        paths.add(TOOL, Strings.WHOLE, start + ".toolUse");
        paths.add(TOOL_TYPE, Strings.WHOLE, start + ".toolUse.type");
        paths.add(TEXT, Strings.PIECES, start + ".toolUse.name", delta + ".text", delta + ".toolUse.input");
        paths.add(THOUGHT, Strings.PIECES, delta + ".reasoningContent.text");
    }

    private static JsonPaths<Field> usage(JsonPaths<Field> paths, String usage) {
        paths.add(USAGE, Strings.WHOLE, usage);
        paths.add(INPUT, Strings.WHOLE, usage + ".inputTokens");
        paths.add(OUTPUT, Strings.WHOLE, usage + ".outputTokens");
        paths.add(CACHE_READ, Strings.WHOLE, usage + ".cacheReadInputTokens");
        paths.add(CACHE_READ_COUNT, Strings.WHOLE, usage + ".cacheReadInputTokenCount");
        paths.add(CACHE_WRITE, Strings.WHOLE, usage + ".cacheWriteInputTokens");
        paths.add(CACHE_WRITE_COUNT, Strings.WHOLE, usage + ".cacheWriteInputTokenCount");
        paths.add(DETAIL, Strings.WHOLE, usage + ".cacheDetails[]");
        paths.add(DETAIL_TTL, Strings.WHOLE, usage + ".cacheDetails[].ttl");
        paths.add(DETAIL_TOKENS, Strings.WHOLE, usage + ".cacheDetails[].inputTokens");
        return paths;
    }

    @Override
    JsonPaths<Field> paths() {
        return paths;
    }

    @Override
    void enter(Field field) {
        switch (field) {
            case TOOL -> toolCalls++;
            case USAGE -> {
                writtenHour = 0;
                writtenHourSeen = false;
            }
            case DETAIL -> {
                hourDetail = false;
                detailTokens = 0;
            }
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        // Only a usage object that has ended is a word on usage: a cut may fall into it.
        told |= field == USAGE && (usage.has(INPUT) || usage.has(OUTPUT));
        if (field == DETAIL && hourDetail) {
            writtenHour += detailTokens;
            writtenHourSeen = true;
        }
    }

    @Override
    void number(Field field, long value) {
        if (field == DETAIL_TOKENS) {
            detailTokens = value;
        } else {
            usage.set(field, value);
        }
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = BedrockModel.named(new String(bytes, from, to - from, StandardCharsets.UTF_8));
            case TIER -> tier = name(tier, bytes, from, to);
            case STOP -> finished |= to > from;
            // What the provider's own tools do is none of the client's calls.
            case TOOL_TYPE -> toolCalls -= is("server_tool_use", bytes, from, to) ? 1 : 0;
            case DETAIL_TTL -> hourDetail = is("1h", bytes, from, to);
            default -> {
            }
        }
    }

    @Override
    void failure(String type) {
        error = type;
    }

    @Override
    boolean isAnswer(Field field) {
        return field == TEXT;
    }

    @Override
    AnswerFacts facts() {
        var quantities = Quantities.builder();
        if (told) {
            tokens(quantities);
        }
        if (toolCalls > 0) {
            quantities.reported(Meter.TOOL_CALLS_REQUESTED, toolCalls);
        }
        return new AnswerFacts(told ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.NONE, quantities.build(), List.of(),
                model, null, tier, error, finished, contentSeen());
    }

    private void tokens(Quantities.Builder quantities) {
        Field read = usage.first(CACHE_READ, CACHE_READ_COUNT);
        Field written = usage.first(CACHE_WRITE, CACHE_WRITE_COUNT);
        long cached = (read == null ? 0 : usage.get(read)) + (written == null ? 0 : usage.get(written));
        if (usage.has(INPUT)) {
            quantities.reported(Meter.TOKENS_IN, usage.get(INPUT) + cached);
        }
        usage.report(quantities, Meter.TOKENS_OUT, OUTPUT);
        usage.report(quantities, Meter.CACHE_READ, read);
        usage.report(quantities, Meter.CACHE_WRITE, written);
        if (writtenHourSeen) {
            quantities.reported(Meter.CACHE_WRITE_1H, writtenHour);
        }
    }
}
