package dev.weir.dialect;

import static dev.weir.dialect.OpenAiChatEnd.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import java.util.BitSet;

/// Ends a stream of chat chunks: a chunk in which each choice that has not ended does so for its `length`, a usage chunk where
/// the client gets one, `[DONE]`. The older completions end alike, without a delta.
final class OpenAiChatEnd extends LengthEnd<OpenAiChatEnd.Field> {
    enum Field {
        ID, MODEL, CREATED, CHOICE, INDEX, FINISH, PROMPT_TOKENS
    }

    static final int CHOICES_MAX = 128;
    private static final int CHOICE_MAX = 80;
    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(ID, Strings.WHOLE, "id")
            .add(MODEL, Strings.WHOLE, "model")
            .add(CREATED, Strings.WHOLE, "created")
            .add(CHOICE, Strings.WHOLE, "choices[]")
            .add(INDEX, Strings.WHOLE, "choices[].index")
            .add(FINISH, Strings.WHOLE, "choices[].finish_reason")
            .add(PROMPT_TOKENS, Strings.WHOLE, "usage.prompt_tokens");

    private final boolean chat;
    private final boolean tellsUsage;
    private final long choices;
    private final BitSet seen = new BitSet();
    private final BitSet finished = new BitSet();
    private String id;
    private String model;
    private boolean named;
    private long created;
    private int index;
    private boolean finishHere;
    private boolean usageTold;

    /// @param chat whether it is a chat, else a completion
    /// @param tellsUsage whether the client expects a usage chunk
    OpenAiChatEnd(boolean chat, boolean tellsUsage, RequestFacts facts, String callId) {
        this.chat = chat;
        this.tellsUsage = tellsUsage;
        this.choices = Math.max(1, facts.choices());
        this.model = name(facts.modelName());
        this.id = (chat ? "chatcmpl-" : "cmpl-") + name(callId);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    boolean canEnd() {
        return seen.length() <= Math.min(choices, CHOICES_MAX);
    }

    @Override
    long endMaxAfter(long eventBytes) {
        return 2 * EVENT_MAX + CHOICE_MAX * Math.min(choices, CHOICES_MAX);
    }

    @Override
    void enter(Field field) {
        if (field == CHOICE) {
            index = 0;
            finishHere = false;
        }
    }

    @Override
    void leave(Field field) {
        if (field == CHOICE && index >= 0 && index <= CHOICES_MAX) {
            seen.set(index);
            finished.set(index, finished.get(index) || finishHere);
        }
    }

    @Override
    void number(Field field, long value) {
        switch (field) {
            case CREATED -> created = value;
            case INDEX -> index = (int) Math.max(-1, Math.min(CHOICES_MAX, value));
            case PROMPT_TOKENS -> usageTold = true;
            default -> {
            }
        }
    }

    /// Azure's first chunk, which is about the prompt, has an empty id and an empty model.
    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        String name = field == ID || field == MODEL ? name(bytes, from, to) : null;
        switch (field) {
            case ID -> {
                if (name != null && !named) {
                    id = name;
                    named = true;
                }
            }
            case MODEL -> model = name == null || name.equals(model) ? model : name;
            case FINISH -> finishHere = to > from;
            default -> {
            }
        }
    }

    @Override
    void write(EndWriter out, EventStream.Used used) {
        if (seen.isEmpty()) {
            seen.set(0);
        }
        var choices = new StringBuilder();
        seen.stream().filter(choice -> !finished.get(choice)).forEach(choice -> {
            choices.append(choices.isEmpty() ? "" : ",").append("{\"index\":").append(choice);
            choices.append(chat ? ",\"delta\":{}" : ",\"text\":\"\"");
            choices.append(",\"logprobs\":null,\"finish_reason\":\"length\"}");
        });
        if (!choices.isEmpty()) {
            out.event(null, chunk(choices.toString()) + "}");
        }
        if (tellsUsage && !usageTold) {
            out.event(null, chunk("") + ",\"usage\":{\"prompt_tokens\":" + used.tokensIn() + ",\"completion_tokens\":"
                    + used.tokensOut() + ",\"total_tokens\":" + (used.tokensIn() + used.tokensOut()) + "}}");
        }
        out.event(null, "[DONE]");
    }

    private String chunk(String choices) {
        return "{\"id\":\"" + id + "\",\"object\":\"" + (chat ? "chat.completion.chunk" : "text_completion")
                + "\",\"created\":" + created + ",\"model\":\"" + model + "\",\"choices\":[" + choices + "]";
    }
}
