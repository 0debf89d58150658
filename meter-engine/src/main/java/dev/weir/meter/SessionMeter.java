package dev.weir.meter;

import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.SessionScanner;
import dev.weir.dialect.Dialect;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The meter of one realtime session: fed the server's text messages, in any split, yields one [UsageReading] over all answers.
///
/// - **Reported**: no answer was running at the end; what the provider told of each is added up. A session in which nothing was
///   asked used nothing.
/// - **Estimated**: the session ended inside an answer, or one ended without telling. What was told stays; of the rest, the text
///   that passed is counted and the sound bounded ([dev.weir.dialect.AnswerFacts]).
///
/// Borrows each array for the call. Never throws for what an upstream sends. One thread at a time.
public final class SessionMeter {
    private final PassedText text;
    private final SessionScanner scanner;

    /// @param asked the model asked for, as it is known at the time; the one that answers goes before it where it has a
    ///        tokenizer of its own
    /// @param workers where long text is counted while it passes
    public SessionMeter(Dialect dialect, Supplier<@Nullable ModelId> asked, Tokenizers tokenizers, Executor workers) {
        this.text = new PassedText(tokenizers, () -> model(asked.get(), tokenizers), workers);
        this.scanner = dialect.session(text);
    }

    private @Nullable ModelId model(@Nullable ModelId asked, Tokenizers tokenizers) {
        ModelId answered = scanner.facts().model();
        return tokenizers.has(asked) || answered == null ? asked : answered;
    }

    /// Reads the next payload bytes of a text message.
    public void accept(byte[] bytes, int offset, int length) {
        scanner.accept(bytes, offset, length);
    }

    /// The message is over.
    public void messageEnd() {
        scanner.messageEnd();
    }

    /// How often something told what it has used.
    public int usagesTold() {
        return scanner.usagesTold();
    }

    /// What was said so far.
    public AnswerFacts facts() {
        return scanner.facts();
    }

    /// Whether [#finish] needs no counting of text, which takes too long for an event loop.
    public boolean finishesAtOnce() {
        return scanner.facts().finished();
    }

    /// Ends the metering. Call once.
    public UsageReading finish() {
        AnswerFacts facts = scanner.facts();
        if (facts.finished()) {
            return new UsageReading.Reported(facts.quantities());
        }
        TokenCount passed = text.tokens();
        Quantities quantities = passed.tokens() == 0
                ? facts.quantities()
                : facts.quantities().with(all -> all.add(Meter.TOKENS_OUT, passed.tokens(), passed.provenance()));
        return quantities.isEmpty()
                ? new UsageReading.Missing("the session ended before anything that can be counted")
                : new UsageReading.Estimated(quantities, "the session ended before the usage of its last answer");
    }
}
