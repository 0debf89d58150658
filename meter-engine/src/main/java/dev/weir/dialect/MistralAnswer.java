package dev.weir.dialect;

import static dev.weir.dialect.MistralAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to a conversation's answer, whole or as events, to a moderation, and to the pages of a document.
///
/// What connectors read comes on top of the prompt (documented: 188 + 55 and 7,112 for connectors, 7,355 in all), so input is
/// both. A moderation's total has some 60 tokens more than its prompt, of its own instructions; the prompt is what counts.
final class MistralAnswer extends AnswerFields<MistralAnswer.Field> {
    enum Field {
        MODEL,
        ID,
        ERROR,
        EVENT,
        ENTRY,
        CALL_ID,
        USAGE,
        PROMPT,
        COMPLETION,
        CONNECTOR,
        SEARCH,
        SEARCH_PREMIUM,
        PAGES,
        TEXT
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(MODEL, Strings.WHOLE, "model", "outputs[].model")
            .add(ID, Strings.WHOLE, "id", "conversation_id")
            .add(ERROR, Strings.WHOLE, "error")
            .add(EVENT, Strings.WHOLE, "type")
            .add(ENTRY, Strings.WHOLE, "outputs[].type")
            .add(CALL_ID, Strings.WHOLE, "tool_call_id")
            .add(USAGE, Strings.WHOLE, "usage")
            .add(PROMPT, Strings.WHOLE, "usage.prompt_tokens")
            .add(COMPLETION, Strings.WHOLE, "usage.completion_tokens")
            .add(CONNECTOR, Strings.WHOLE, "usage.connector_tokens")
            .add(SEARCH, Strings.WHOLE, "usage.connectors.web_search")
            .add(SEARCH_PREMIUM, Strings.WHOLE, "usage.connectors.web_search_premium")
            .add(USAGE, Strings.WHOLE, "usage_info")
            .add(PAGES, Strings.WHOLE, "usage_info.pages_processed")
            .add(TEXT, Strings.PIECES, "outputs[].content", "outputs[].content[].text", "outputs[].name",
                    "outputs[].arguments", "content", "content.text", "arguments");

    private final Counts<Field> passing = new Counts<>(Field.class);
    private final Counts<Field> usage = new Counts<>(Field.class);
    private long toolCalls;
    private @Nullable String lastCall;
    private @Nullable ModelId model;
    private @Nullable String id;
    private @Nullable String error;

    MistralAnswer(OutputListener output) {
        super(output);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        switch (field) {
            case USAGE -> passing.clear();
            case ERROR -> error = "error";
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        if (field == USAGE && !passing.isEmpty()) {
            usage.copy(passing);
        }
    }

    @Override
    void number(Field field, long value) {
        passing.set(field, value);
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case ID -> id = id == null ? name(bytes, from, to) : id;
            case ERROR -> error = "error";
            case EVENT -> error = is("conversation.response.error", bytes, from, to) ? "error" : error;
            case ENTRY -> toolCalls += is("function.call", bytes, from, to) ? 1 : 0;
            case CALL_ID -> call(name(lastCall, bytes, from, to));
            default -> {
            }
        }
    }

    /// The pieces of one call carry its id again and again.
    private void call(@Nullable String call) {
        if (call != null && !call.equals(lastCall)) {
            lastCall = call;
            toolCalls++;
        }
    }

    @Override
    AnswerFacts facts() {
        boolean told = !usage.isEmpty();
        var quantities = Quantities.builder();
        if (usage.has(PAGES)) {
            quantities.reported(Meter.PAGES, usage.get(PAGES));
        } else if (told) {
            quantities.reported(Meter.TOKENS_IN, usage.get(PROMPT) + usage.get(CONNECTOR));
            quantities.reported(Meter.TOKENS_OUT, usage.get(COMPLETION));
        }
        if (usage.has(SEARCH) || usage.has(SEARCH_PREMIUM)) {
            quantities.reported(Meter.SEARCHES, usage.get(SEARCH) + usage.get(SEARCH_PREMIUM));
        }
        if (toolCalls > 0) {
            quantities.reported(Meter.TOOL_CALLS_REQUESTED, toolCalls);
        }
        return new AnswerFacts(told ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.NONE,
                quantities.build(), List.of(), model, id, null, error, told, contentSeen());
    }
}
