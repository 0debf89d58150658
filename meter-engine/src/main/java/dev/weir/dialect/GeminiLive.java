package dev.weir.dialect;

/// Gemini Live, `GET /ws/….BidiGenerateContent` over a WebSocket (Gemini API reference, "Live API"; read 2026-11). A message
/// with `usageMetadata` ends each turn of the model, and they are added up. The client's first message names the model.
public record GeminiLive() implements Dialect {
    @Override
    public String id() {
        return "gemini.live";
    }

    /// A WebSocket's handshake has no body.
    @Override
    public boolean readsBody() {
        return false;
    }

    @Override
    public boolean isSession() {
        return true;
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return SessionRequest.read(head);
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.GEMINI.put(refusal);
    }

    @Override
    public SessionScanner session(OutputListener output) {
        return new SessionScanner(new GeminiLiveAnswer(output));
    }

    /// What is said in HTTP, instead of a session.
    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new GeminiLiveAnswer(output));
    }
}
