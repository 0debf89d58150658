package dev.weir.dialect;

import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// One upstream API as it is spoken by one provider: reads requests and answers, edits requests, words refusals.
///
/// Picked by [Dialects#of]. Immutable, any thread.
public sealed interface Dialect permits OpenAiChat, AnthropicMessages, Ollama, Cohere, Rerank, OpenAiImages,
        OpenAiSpeech, OpenAiTranscription, AnthropicComplete, Mistral, LlamaCpp, CloudflareRun, TgiGenerate,
        OpenAiCompletions, OpenAiResponses, OpenAiRuns, InputOnly, LookUp, Batches, BatchAnswers, Gemini, GeminiEmbed,
        GeminiPredict, GeminiInteractions, BedrockConverse, BedrockInvoke, OpenAiRealtime, GeminiLive,
        Passthrough {
    /// The name in events and labels, `openai.chat`.
    String id();

    /// Whether the body must be held and given to [#readRequest]; otherwise it may stream.
    default boolean readsBody() {
        return true;
    }

    /// What a request whose body is not read here is, as a refusal under a hard cap names it.
    default String unread() {
        return "a request on a path that no dialect reads";
    }

    /// Whether it is spoken over a WebSocket: one attempt, many answers, and messages in both directions.
    default boolean isSession() {
        return false;
    }

    /// A scanner for the server's messages of one session.
    ///
    /// @throws IllegalStateException where [#isSession()] is false
    default SessionScanner session(OutputListener output) {
        throw new IllegalStateException(id() + " is no session");
    }

    /// Reads the first `length` bytes of `body`, without side effects. The array is lent; facts keep offsets into it.
    RequestReading readRequest(RequestHead head, byte[] body, int length);

    /// Whether the usage of this request's answer comes only if Weir asks for it, the client having not.
    default boolean mustAskUsage(RequestFacts facts) {
        return false;
    }

    /// The request's bytes with the wanted changes spliced in; every other byte stays as it is. The result is a new array
    /// of its exact length. By default nothing is changed: no field limits the output, or there is none.
    ///
    /// @param facts what [#readRequest] found in this very body
    /// @param outputLimit the most that one choice may put out; every limit above it is lowered to it, and where there is
    ///        none one is added. Empty: the limits stay
    /// @param askUsage whether to ask for the usage chunk; the answer must then go through a [UsageChunkFilter]
    /// @param outputLimitField the field to add where there is none; null for the provider's default
    default byte[] edit(RequestFacts facts, byte[] body, int length, OptionalLong outputLimit, boolean askUsage,
            @Nullable String outputLimitField) {
        return Arrays.copyOf(body, length);
    }

    /// A refusal in the shape that raises the right exception in the client's SDK.
    RefusalBody refusal(RefusalShape refusal);

    /// A scanner for one answer.
    AnswerScanner answer(OutputListener output);

    /// A scanner for one answer whose headers may tell of its usage too.
    default AnswerScanner answer(AnswerHead head, OutputListener output) {
        return answer(output);
    }

    /// The events of the streamed answer to this request, which this dialect can end before their end; null where it has no
    /// such end: the answer is no stream, or its format has none.
    ///
    /// @param callId stands in for the provider's id where the stream has told none
    default @Nullable EventStream stream(RequestFacts facts, String callId) {
        return null;
    }

    /// Whether what is put out is text, so that what passed of a cut answer can be counted; else only its bound is known.
    default boolean putsOutText() {
        return true;
    }

    /// Whether what a request may use beside tokens is what it orders (three images), so that it stands in for what a cut answer
    /// did not tell; else it is the most that a model may choose to use (searches), and says nothing of what it did.
    default boolean ordersOthers() {
        return true;
    }

    /// Whether an answer of success that tells no usage has used no tokens (a model list, a token count).
    default boolean freeOfTokens() {
        return false;
    }

    /// Whether the reasoning that an answer tells in tokens mostly does not pass as text, so that counting the text of a cut
    /// answer does not count it.
    default boolean hidesReasoning() {
        return false;
    }

    /// Whether the answers are about something that an earlier call created, so that the usage in them is that call's.
    default boolean looksUp() {
        return false;
    }
}
