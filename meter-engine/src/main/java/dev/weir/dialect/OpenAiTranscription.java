package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Speech into text, `POST …/audio/{transcriptions,translations}`: a form with a recording, of OpenAI and of every host that
/// speaks its format. Sold by tokens or by the second, and the answer says which.
///
/// **Bounds.** No codec in use has fewer bytes than the tokens of what is heard or said: models hear ten tokens in a second
/// (OpenAI, "Audio and speech"; read 2026-11) and nobody speaks twenty, while a second has at least 100 bytes.
///
/// @param provider whose rules apply where hosts differ
public record OpenAiTranscription(String provider) implements Dialect {
    private static final Set<String> KNOWN = Set.of("model", "stream", "file_id", "file_url");
    private static final int BYTES_PER_SECOND_MIN = 100;
    private static final int OUTPUT_TOKENS_LEAST = 2_048;

    @Override
    public String id() {
        return "openai.audio.transcription";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        ModelId model = PathModel.of(head.path());
        boolean streaming = false;
        var prompt = new PromptText();
        prompt.notOnlyText();
        prompt.bodyBytes(length);
        try {
            var form = new FormReader(body, length, head.contentType(), KNOWN);
            for (FormReader.Part part = form.next(); part != null; part = form.next()) {
                switch (part.name()) {
                    case "model" -> model = model == null ? model(form.text(part)) : model;
                    case "stream" -> streaming = form.text(part).equals("true");
                    case "file_id", "file_url" -> prompt.unseen("the recording is named, not sent");
                    default -> {
                    }
                }
            }
        } catch (FormReader.Malformed e) {
            return new RequestReading.Unreadable(String.valueOf(e.getMessage()));
        }
        return new RequestReading.Facts(new RequestFacts(model, streaming, 1, 1,
                OptionalLong.of(Math.max(OUTPUT_TOKENS_LEAST, length)), false, prompt, null, true,
                Quantities.of(Meter.SECONDS, length / BYTES_PER_SECOND_MIN + 1, Provenance.BOUND), null,
                RequestFacts.Layout.NONE));
    }

    private static @Nullable ModelId model(String name) throws FormReader.Malformed {
        if (name.length() > ModelId.LENGTH_MAX) {
            throw new FormReader.Malformed("The field \"model\" has " + name.length()
                    + " characters; a model's name has at most " + ModelId.LENGTH_MAX + ".");
        }
        return name.isEmpty() ? null : new ModelId(name);
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.of(provider, "").put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new OpenAiTranscriptionAnswer(output));
    }
}
