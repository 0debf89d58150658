package dev.weir.dialect;

/// Reads what the server of a realtime session says, message by message, each in any split, and knows at each moment what was
/// said so far. A message that is no JSON is forgotten with its end.
///
/// Borrows the arrays for the call, keeps at most a kilobyte, allocates nothing per chunk. One thread at a time.
public final class SessionScanner {
    private final SessionAnswer<?> answers;
    private final JsonTap<?> tap;

    <F extends Enum<F>> SessionScanner(SessionAnswer<F> answers) {
        this.answers = answers;
        this.tap = new JsonTap<>(answers.paths(), answers);
    }

    /// Reads the next bytes of a message.
    public void accept(byte[] bytes, int offset, int length) {
        tap.accept(bytes, offset, offset + length);
    }

    /// The message is over, whole or not.
    public void messageEnd() {
        tap.endDocument();
        answers.messageEnd();
    }

    /// What was said so far; `finished` is false where an answer runs, or one ended without telling its usage.
    public AnswerFacts facts() {
        return answers.facts();
    }

    /// How often something told what it has used.
    public int usagesTold() {
        return answers.usagesTold();
    }
}
