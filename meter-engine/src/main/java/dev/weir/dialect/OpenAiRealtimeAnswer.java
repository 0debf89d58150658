package dev.weir.dialect;

import static dev.weir.dialect.OpenAiRealtimeAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import org.jspecify.annotations.Nullable;

/// Listens to the server's messages of a realtime session.
///
/// - `response.done` tells the usage of one response, in `response.usage`; xAI puts it beside the response.
/// - `conversation.item.input_audio_transcription.completed` tells the usage of another model, which wrote down what was said:
///   tokens or seconds.
/// - `type` stands first or last, so a message is judged when it is over.
final class OpenAiRealtimeAnswer extends SessionAnswer<OpenAiRealtimeAnswer.Field> {
    enum Field {
        TYPE,
        MODEL,
        TRANSCRIBER,
        FORMAT,
        RESPONSE_ID,
        ITEM_TYPE,
        ERROR_TYPE,
        DELTA,
        INPUT,
        OUTPUT,
        CACHED,
        AUDIO_READ,
        IMAGE_READ,
        CACHED_AUDIO,
        CACHED_IMAGE,
        AUDIO_MADE,
        REASONING,
        SECONDS,
        BILLABLE_SECONDS
    }

    private enum Kind {
        TEXT, AUDIO, CREATED, DONE, TRANSCRIBED, ITEM_DONE, ERROR, OTHER
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>().add(TYPE, Strings.WHOLE, "type")
            .add(MODEL, Strings.WHOLE, "session.model")
            .add(TRANSCRIBER, Strings.WHOLE, "session.audio.input.transcription.model",
                    "session.input_audio_transcription.model")
            .add(FORMAT, Strings.WHOLE, "session.audio.output.format.type", "session.output_audio_format")
            .add(RESPONSE_ID, Strings.WHOLE, "response.id")
            .add(ITEM_TYPE, Strings.WHOLE, "item.type")
            .add(ERROR_TYPE, Strings.WHOLE, "error.type")
            .add(DELTA, Strings.PIECES, "delta")
            .add(INPUT, Strings.WHOLE, usage("input_tokens"))
            .add(OUTPUT, Strings.WHOLE, usage("output_tokens"))
            .add(CACHED, Strings.WHOLE, usage("input_token_details.cached_tokens"))
            .add(AUDIO_READ, Strings.WHOLE, usage("input_token_details.audio_tokens"))
            .add(IMAGE_READ, Strings.WHOLE, usage("input_token_details.image_tokens"))
            .add(CACHED_AUDIO, Strings.WHOLE, usage("input_token_details.cached_tokens_details.audio_tokens"))
            .add(CACHED_IMAGE, Strings.WHOLE, usage("input_token_details.cached_tokens_details.image_tokens"))
            .add(AUDIO_MADE, Strings.WHOLE, usage("output_token_details.audio_tokens"))
            .add(REASONING, Strings.WHOLE, usage("output_token_details.reasoning_tokens"))
            .add(SECONDS, Strings.WHOLE, usage("seconds"))
            .add(BILLABLE_SECONDS, Strings.WHOLE, usage("billable_audio_seconds"));

    /// Twenty tokens a second (OpenAI, "Managing costs" of the Realtime guide; read 2026-11): of 64,000 characters of PCM at
    /// 24 kHz, or of 10,667 of G.711.
    private static final long PCM_CHARS_PER_TOKEN = 3_200;
    private static final long G711_CHARS_PER_TOKEN = 533;

    private final Counts<Field> counts = new Counts<>(Field.class);
    private Kind kind = Kind.OTHER;
    private @Nullable String itemType;
    private boolean g711;
    private int running;

    OpenAiRealtimeAnswer(OutputListener output) {
        super(output);
    }

    private static String[] usage(String field) {
        return new String[]{"response.usage." + field, "usage." + field};
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case TYPE -> kind = kind(bytes, from, to);
            case MODEL -> model = model(bytes, from, to);
            case TRANSCRIBER -> transcriber = model(bytes, from, to);
            case FORMAT -> g711 = is("g711_ulaw", bytes, from, to) || is("g711_alaw", bytes, from, to)
                    || is("audio/pcmu", bytes, from, to) || is("audio/pcma", bytes, from, to);
            case RESPONSE_ID -> id = name(id, bytes, from, to);
            case ITEM_TYPE -> itemType = name(itemType, bytes, from, to);
            case ERROR_TYPE -> error = name(error, bytes, from, to);
            default -> {
            }
        }
    }

    private static Kind kind(byte[] bytes, int from, int to) {
        if (is("response.done", bytes, from, to)) {
            return Kind.DONE;
        }
        if (is("response.created", bytes, from, to)) {
            return Kind.CREATED;
        }
        if (is("response.output_item.done", bytes, from, to)) {
            return Kind.ITEM_DONE;
        }
        if (is("conversation.item.input_audio_transcription.completed", bytes, from, to)) {
            return Kind.TRANSCRIBED;
        }
        if (is("response.output_audio.delta", bytes, from, to) || is("response.audio.delta", bytes, from, to)) {
            return Kind.AUDIO;
        }
        return isText(bytes, from, to) ? Kind.TEXT : is("error", bytes, from, to) ? Kind.ERROR : Kind.OTHER;
    }

    /// Text, the words of what is spoken (which are tokens beside the sound), and arguments.
    private static boolean isText(byte[] bytes, int from, int to) {
        return is("response.output_text.delta", bytes, from, to) || is("response.text.delta", bytes, from, to)
                || is("response.output_audio_transcript.delta", bytes, from, to)
                || is("response.audio_transcript.delta", bytes, from, to)
                || is("response.function_call_arguments.delta", bytes, from, to);
    }

    @Override
    void number(Field field, long value) {
        counts.set(field, value);
    }

    @Override
    void piece(Field field, byte[] bytes, int from, int to) {
        if (kind == Kind.TEXT) {
            super.piece(field, bytes, from, to);
        } else if (kind == Kind.AUDIO) {
            audio(to - from);
        }
    }

    @Override
    void pieceEnd(Field field) {
        if (kind == Kind.TEXT) {
            super.pieceEnd(field);
        }
    }

    @Override
    void documentEnd() {
        switch (kind) {
            case CREATED -> running++;
            case DONE -> responseDone();
            case TRANSCRIBED -> {
                transcripts.add(Meter.TOKENS_IN, counts, INPUT);
                transcripts.add(Meter.TOKENS_OUT, counts, OUTPUT);
                transcripts.add(Meter.AUDIO_IN, counts, AUDIO_READ);
                transcripts.add(Meter.SECONDS, counts, SECONDS);
                transcriptTold();
            }
            case ITEM_DONE -> {
                if ("function_call".equals(itemType)) {
                    toolCall();
                } else if ("web_search_call".equals(itemType)) {
                    search();
                }
            }
            case TEXT, AUDIO, ERROR, OTHER -> {
            }
        }
        messageEnd();
    }

    private void responseDone() {
        running = Math.max(0, running - 1);
        if (!counts.has(INPUT) && !counts.has(OUTPUT)) {
            answerUntold();
            return;
        }
        answers.add(Meter.TOKENS_IN, counts, INPUT);
        answers.add(Meter.TOKENS_OUT, counts, OUTPUT);
        answers.add(Meter.CACHE_READ, counts, CACHED);
        answers.add(Meter.AUDIO_IN, counts, AUDIO_READ);
        answers.add(Meter.IMAGE_IN, counts, IMAGE_READ);
        answers.add(Meter.AUDIO_OUT, counts, AUDIO_MADE);
        answers.add(Meter.REASONING, counts, REASONING);
        answers.add(Meter.SECONDS, counts, BILLABLE_SECONDS);
        if (counts.get(CACHED_AUDIO) > 0) {
            cached.add(Meter.AUDIO_IN, counts, CACHED_AUDIO);
        }
        if (counts.get(CACHED_IMAGE) > 0) {
            cached.add(Meter.IMAGE_IN, counts, CACHED_IMAGE);
        }
        answerTold(counts.get(INPUT), counts.get(OUTPUT));
    }

    @Override
    boolean running() {
        return running > 0;
    }

    @Override
    long charsPerAudioToken() {
        return g711 ? G711_CHARS_PER_TOKEN : PCM_CHARS_PER_TOKEN;
    }

    @Override
    void messageEnd() {
        kind = Kind.OTHER;
        itemType = null;
        counts.clear();
    }
}
