package dev.weir.dialect;

/// Reads an answer as it passes, in any split, and knows at each moment what it has said so far.
///
/// The framing is found out by looking: a JSON document begins with `{` or `[`, which no line of an event stream that means
/// anything does. So a wrong content type does no harm, and the padding some providers send before a document either.
///
/// Borrows the arrays for the call, keeps at most a kilobyte, allocates nothing per chunk. One thread at a time.
public final class AnswerScanner {
    private enum Framing {
        UNKNOWN, JSON, EVENTS
    }

    private final AnswerFields<?> fields;
    private final JsonTap<?> json;
    private final SseScanner events;
    private Framing framing = Framing.UNKNOWN;
    private boolean ended;

    <F extends Enum<F>> AnswerScanner(AnswerFields<F> fields) {
        this.fields = fields;
        this.json = new JsonTap<>(fields.paths(), fields);
        this.events = new SseScanner(new SseScanner.Listener() {
            @Override
            public void data(byte[] bytes, int from, int to) {
                json.accept(bytes, from, to);
            }

            @Override
            public void eventEnd(int to) {
                json.endDocument();
            }
        });
    }

    /// Reads the next bytes, content coding already taken off.
    public void accept(byte[] bytes, int offset, int length) {
        int from = offset;
        int to = offset + length;
        if (framing == Framing.UNKNOWN) {
            from = sniff(bytes, from, to);
        }
        switch (framing) {
            case UNKNOWN -> {
            }
            case JSON -> json.accept(bytes, from, to);
            case EVENTS -> events.accept(bytes, from, to);
        }
    }

    private int sniff(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && Bytes.isJsonSpace(bytes[i])) {
            i++;
        }
        if (i < to) {
            framing = bytes[i] == '{' || bytes[i] == '[' ? Framing.JSON : Framing.EVENTS;
        }
        return i;
    }

    /// A message of a session is over; what comes next begins a document of its own.
    public void messageEnd() {
        json.endDocument();
        fields.messageEnd();
    }

    /// No more bytes will come. Safe to call twice.
    public void end() {
        if (!ended) {
            ended = true;
            if (framing == Framing.EVENTS) {
                events.end();
            }
            json.endDocument();
        }
    }

    /// What the answer has said so far.
    public AnswerFacts facts() {
        return fields.facts();
    }

    /// Whether output has passed; the moment this turns true is the time to the first token.
    public boolean contentSeen() {
        return fields.contentSeen();
    }

    /// How often a session told what something in it has used.
    public int usagesTold() {
        return fields.usagesTold();
    }

    /// Whether the answer is an event stream; false as long as that is not known.
    public boolean isEventStream() {
        return framing == Framing.EVENTS;
    }
}
