package dev.weir.dialect;

/// Text into speech, `POST …/audio/speech`, of OpenAI and of every host that speaks its format. The answer is sound, which
/// tells nothing: models sold by the character are counted from the request, the others bounded, unless the client asked for
/// events (`stream_format: sse`), of which the last one tells the tokens.
///
/// @param provider whose rules apply where hosts differ
public record OpenAiSpeech(String provider) implements Dialect {
    @Override
    public String id() {
        return "openai.audio.speech";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return new OpenAiSpeechRequest(head.path(), body, length).read();
    }

    @Override
    public boolean putsOutText() {
        return false;
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.OPENAI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new OpenAiSpeechAnswer());
    }
}
