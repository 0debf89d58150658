package dev.weir.meter;

import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.AnswerFacts.Usage;
import dev.weir.dialect.AnswerHead;
import dev.weir.dialect.AnswerScanner;
import dev.weir.dialect.Dialect;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The meter of one answer: fed the upstream's payload bytes in any split, yields one [UsageReading].
///
/// - **Reported**: the provider told its usage and the answer came to its end, by its framing or by the model's own word.
/// - **Estimated**: it did not tell, or what it told was not its last word. The input is what an early frame said, else the
///   estimate made at admission; the output is counted over the text that passed.
/// - **Missing**: nothing can be said (an unknown content coding, a path no dialect reads, no text and no estimate).
/// - **Deferred**: what was asked for still runs at the provider, which tells the usage when it is asked again.
/// - **Earlier**: the answer to such a question; the usage is another call's.
/// - **Elsewhere**: such an answer that names a file in which the usage stands.
///
/// Borrows each array for the call. Never throws for what an upstream sends. Holds native memory for coded answers until
/// [#finish] or [#close()]. One thread at a time, beside the workers that count long text.
public final class StreamMeter implements AutoCloseable {
    private static final int PARTIAL_CONTENT = 206;

    private final Dialect dialect;
    private final @Nullable ModelId asked;
    private final Tokenizers tokenizers;
    private final int status;
    private final @Nullable TokenCount inputEstimate;
    private final ContentDecoder decoder;
    private final PassedText text;
    private final AnswerScanner scanner;
    private @Nullable TokenFloor floor;
    private @Nullable ModelId floorModel;
    private boolean floorIsOwn;

    /// @param status of the upstream's answer
    /// @param contentEncoding its `Content-Encoding`, null where there is none
    /// @param asked the model asked for, null where unknown; the one that answers goes before it
    /// @param inputEstimate the input tokens as admission knew them, null where it did not
    public StreamMeter(Dialect dialect, int status, @Nullable String contentEncoding, @Nullable ModelId asked,
            Tokenizers tokenizers, @Nullable TokenCount inputEstimate) {
        this(dialect, status, contentEncoding, AnswerHead.NONE, asked, tokenizers, inputEstimate, Runnable::run);
    }

    /// @param status of the upstream's answer
    /// @param contentEncoding its `Content-Encoding`, null where there is none
    /// @param head all its headers, which may tell of its usage
    /// @param asked the model asked for, null where unknown; the one that answers goes before it
    /// @param inputEstimate the input tokens as admission knew them, null where it did not
    /// @param workers where long text is counted while it passes
    public StreamMeter(Dialect dialect, int status, @Nullable String contentEncoding, AnswerHead head,
            @Nullable ModelId asked, Tokenizers tokenizers, @Nullable TokenCount inputEstimate, Executor workers) {
        this.dialect = dialect;
        this.asked = asked;
        this.tokenizers = tokenizers;
        this.status = status;
        this.inputEstimate = inputEstimate;
        this.decoder = new ContentDecoder(contentEncoding);
        this.text = new PassedText(tokenizers, this::model, workers);
        this.scanner = dialect.answer(head, text);
    }

    /// Whose tokenizer counts.
    private @Nullable ModelId model() {
        if (tokenizers.has(asked)) {
            return asked;
        }
        ModelId answered = scanner.facts().model();
        return answered == null ? asked : answered;
    }

    /// From now on [#outputAtLeast()] knows of the text that passes.
    ///
    /// @param choices how many answers pass
    public void watchOutput(long choices) {
        floor = new TokenFloor(choices <= 1);
        text.watch(floor);
    }

    /// So many output tokens have passed for certain, maybe more: what the provider says of an answer that goes on, else the
    /// fewest that the text can be made of. 0 where neither is known. Allocates nothing but once for each model that answers.
    public long outputAtLeast() {
        long told = scanner.outputSoFar();
        return told != AnswerFacts.UNTOLD ? told : textAtLeast();
    }

    boolean tellsOutput() {
        return scanner.outputSoFar() != AnswerFacts.UNTOLD;
    }

    long textAtLeast() {
        return floor == null ? 0 : floor.tokens(floorIsOwn(floor));
    }

    /// Asked only where some text has passed: the model is known then.
    private boolean floorIsOwn(TokenFloor least) {
        if (floorModel == null && least.tokens(true) > 0) {
            floorModel = model();
            floorIsOwn = tokenizers.has(floorModel);
        }
        return floorIsOwn;
    }

    /// The input tokens as the provider told them before the answer's end, cached ones included; [AnswerFacts#UNTOLD] where it
    /// did not.
    public long inputSoFar() {
        return scanner.inputSoFar();
    }

    /// Reads payload bytes as the upstream sent them, transfer coding off, content coding on.
    public void accept(byte[] bytes, int offset, int length) {
        decoder.accept(bytes, offset, length, scanner::accept);
    }

    /// What the answer said so far.
    public AnswerFacts facts() {
        return scanner.facts();
    }

    /// Whether output has passed; the moment it turns true is the time to the first token.
    public boolean contentSeen() {
        return scanner.contentSeen();
    }

    /// Whether [#finish] will need no counting of text, which takes too long for an event loop.
    public boolean finishesAtOnce(boolean complete) {
        AnswerFacts facts = scanner.facts();
        boolean told = facts.usage() == Usage.FINAL || facts.usage() == Usage.LATEST && complete;
        return told && !leavesInputOut(facts.quantities()) || facts.usage() == Usage.LATER || status >= 400
                || dialect.freeOfTokens() || !dialect.readsBody();
    }

    /// Ends the metering. Call once.
    ///
    /// @param complete whether the answer came to the end that its framing gives it
    public UsageReading finish(boolean complete) {
        scanner.end();
        decoder.close();
        UsageReading reading = reading(complete);
        text.drop();
        return reading;
    }

    private UsageReading reading(boolean complete) {
        AnswerFacts facts = scanner.facts();
        boolean told = facts.usage() == Usage.FINAL || facts.usage() == Usage.LATEST && complete;
        if (dialect.looksUp()) {
            return aboutAnother(facts, facts.usage() == Usage.FINAL || told && decoder.isWhole());
        }
        if (told) {
            return leavesInputOut(facts.quantities())
                    ? new UsageReading.Estimated(withEstimatedInput(facts.quantities()),
                            "the answer told its output only")
                    : new UsageReading.Reported(facts.quantities());
        }
        if (decoder.failure() != null) {
            return new UsageReading.Missing(decoder.failure());
        }
        if (facts.usage() == Usage.LATER && facts.id() != null) {
            return new UsageReading.Deferred(facts.id());
        }
        if (facts.usage() == Usage.NONE) {
            return withoutUsage(facts, complete);
        }
        // A first frame may say 0 where the truth comes last (OpenRouter's messages, media in Gemini).
        boolean noInput = facts.quantities().amount(Meter.TOKENS_IN) == 0;
        Quantities soFar = noInput ? withEstimatedInput(facts.quantities()) : facts.quantities();
        return new UsageReading.Estimated(withCountedOutput(soFar),
                "the stream ended before the provider's last word on usage");
    }

    /// A part of the content, asked for by `Range`, tells a part of the usage, so nothing (RFC 9110 section 15.3.7).
    private UsageReading aboutAnother(AnswerFacts facts, boolean told) {
        if (facts.id() != null && status < 300 && status != PARTIAL_CONTENT) {
            if (told) {
                return new UsageReading.Earlier(facts.id(), facts.quantities());
            }
            if (facts.toldBy() != null) {
                return new UsageReading.Elsewhere(facts.id(), facts.toldBy());
            }
        }
        return new UsageReading.Reported(Quantities.NONE);
    }

    /// Servers that found the whole prompt in their cache, or were not asked for details, count the output alone.
    private static boolean leavesInputOut(Quantities told) {
        return told.has(Meter.TOKENS_OUT) && !told.has(Meter.TOKENS_IN);
    }

    private UsageReading withoutUsage(AnswerFacts facts, boolean complete) {
        if (status >= 400 || dialect.freeOfTokens() && status < 400) {
            return new UsageReading.Reported(facts.quantities());
        }
        if (!dialect.readsBody()) {
            return new UsageReading.Missing("no dialect reads this path");
        }
        if (inputEstimate == null && !facts.contentSeen()) {
            return new UsageReading.Missing(
                    complete ? "the answer told no usage" : "the answer broke off before anything that can be counted");
        }
        return new UsageReading.Estimated(withCountedOutput(withEstimatedInput(facts.quantities())),
                complete ? "the answer told no usage" : "the stream ended before its usage");
    }

    private Quantities withEstimatedInput(Quantities quantities) {
        return inputEstimate == null
                ? quantities
                : quantities
                        .with(all -> all.set(Meter.TOKENS_IN, inputEstimate.tokens(), inputEstimate.provenance()));
    }

    /// A count the provider gave on the way stays where it is the larger: the text that passed may lag behind it.
    private Quantities withCountedOutput(Quantities quantities) {
        TokenCount counted = counted(quantities.amount(Meter.TOOL_CALLS_REQUESTED));
        long output = counted.tokens() + (dialect.hidesReasoning() ? quantities.amount(Meter.REASONING) : 0);
        if (quantities.has(Meter.TOKENS_OUT) && quantities.amount(Meter.TOKENS_OUT) >= output) {
            return quantities;
        }
        Provenance how = counted.provenance();
        return quantities.with(all -> all.set(Meter.TOKENS_OUT, output, how));
    }

    /// About what was put out so far: the text that passed, and what the model wraps it in.
    private TokenCount counted(long toolCalls) {
        TokenCount passed = text.tokens();
        return passed.tokens() == 0
                ? passed
                : new TokenCount(passed.tokens() + tokenizers.aroundAnswer(model(), toolCalls), passed.provenance());
    }

    /// Frees what a meter that will not be finished holds.
    @Override
    public void close() {
        decoder.close();
        text.drop();
    }
}
