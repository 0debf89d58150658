package dev.weir.dialect;

/// Realtime sessions over a WebSocket, `GET …/realtime`, of OpenAI, Azure, xAI and who speaks like them (OpenAI API reference,
/// "Realtime server events"; read 2026-11). Each `response.done` tells the usage of one response, which are added up.
///
/// @param provider whose way refusals are put
public record OpenAiRealtime(String provider) implements Dialect {
    @Override
    public String id() {
        return "openai.realtime";
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

    /// Azure names a deployment where the others name a model.
    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return SessionRequest.read(head, "model", "deployment");
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.of(provider, "").put(refusal);
    }

    @Override
    public SessionScanner session(OutputListener output) {
        return new SessionScanner(new OpenAiRealtimeAnswer(output));
    }

    /// What is said in HTTP, instead of a session.
    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new OpenAiRealtimeAnswer(output));
    }
}
