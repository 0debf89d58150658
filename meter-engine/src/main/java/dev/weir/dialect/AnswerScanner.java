package dev.weir.dialect;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Reads an answer as it passes, in any split, and knows at each moment what it has said so far.
///
/// The framing is found out by looking: a JSON document begins with `{` or `[`, which no line of an event stream that means
/// anything does, and a frame of AWS with the upper byte of its length. So a wrong content type does no harm, and the padding
/// some providers send before a document either.
///
/// Borrows the arrays for the call, keeps at most a few kilobytes, allocates nothing per chunk. One thread at a time.
public final class AnswerScanner {
    private enum Framing {
        UNKNOWN, JSON, EVENTS, FRAMES
    }

    private final AnswerDocuments documents;
    private final SseScanner events;
    private @Nullable AmazonFrames frames;
    private Framing framing = Framing.UNKNOWN;
    private boolean ended;

    <F extends Enum<F>> AnswerScanner(AnswerFields<F> fields) {
        this(AnswerDocuments.of(fields));
    }

    AnswerScanner(AnswerDocuments documents) {
        this.documents = documents;
        this.events = new SseScanner(new SseScanner.Listener() {
            @Override
            public void data(byte[] bytes, int from, int to) {
                documents.accept(bytes, from, to);
            }

            @Override
            public void eventEnd(int to) {
                documents.endDocument();
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
            case JSON -> documents.accept(bytes, from, to);
            case EVENTS -> events.accept(bytes, from, to);
            case FRAMES -> Objects.requireNonNull(frames).accept(bytes, from, to);
        }
    }

    private int sniff(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && Bytes.isJsonSpace(bytes[i])) {
            i++;
        }
        if (i < to) {
            framing = bytes[i] == '{' || bytes[i] == '['
                    ? Framing.JSON
                    : AmazonFrames.beginsWith(bytes[i]) ? Framing.FRAMES : Framing.EVENTS;
            if (framing == Framing.FRAMES) {
                frames = new AmazonFrames(new FrameListener(documents));
            }
        }
        return i;
    }

    private record FrameListener(AnswerDocuments documents) implements AmazonFrames.Listener {
        @Override
        public void payload(byte[] bytes, int from, int to) {
            documents.accept(bytes, from, to);
        }

        @Override
        public void eventEnd() {
            documents.endDocument();
        }

        @Override
        public void failure(String type) {
            documents.failure(type);
        }
    }

    /// No more bytes will come. Safe to call twice.
    public void end() {
        if (!ended) {
            ended = true;
            if (framing == Framing.EVENTS) {
                events.end();
            }
            documents.endDocument();
        }
    }

    /// What the answer has said so far.
    public AnswerFacts facts() {
        AnswerFacts facts = documents.facts();
        return switch (frames == null ? AmazonFrames.Damage.NONE : frames.damage()) {
            case NONE -> facts;
            case BETWEEN_EVENTS -> facts.notTheLastWord();
            case INSIDE_EVENT -> facts.withoutUsage();
        };
    }

    /// The output tokens of which the provider says that they have come out so far, more being to come, and 0 when none is;
    /// [AnswerFacts#UNTOLD] where it does not say. Allocates nothing.
    public long outputSoFar() {
        return documents.outputSoFar();
    }

    /// The input tokens as the provider told them before the answer's end, cached ones included; [AnswerFacts#UNTOLD] where it
    /// did not. Allocates nothing.
    public long inputSoFar() {
        return documents.inputSoFar();
    }

    /// Whether output has passed; the moment this turns true is the time to the first token.
    public boolean contentSeen() {
        return documents.contentSeen();
    }

    /// Whether the answer is a stream of events; false as long as that is not known.
    public boolean isEventStream() {
        return framing == Framing.EVENTS || framing == Framing.FRAMES;
    }
}
