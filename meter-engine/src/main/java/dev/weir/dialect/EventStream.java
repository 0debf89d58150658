package dev.weir.dialect;

/// The events of a streamed answer on their way to the client: where each of them ends, and how the dialect itself would end
/// the stream at an output limit (finish reason `length`, `max_tokens`, …).
///
/// Give it the stream in identity coding: [#next] with every byte, to learn where events end, and [#passed] with what goes to
/// the client, for the end must fit what the client has seen: its ids, its open blocks, its numbers. What [#end] writes then
/// is what the provider would have sent from there on, if its model had come to its limit; but the counts of it are Weir's.
///
/// Bounded memory, nothing allocated per chunk. One thread at a time.
public final class EventStream {
    /// The room that an [#end] takes at most for saying why: a comment with a code and a limit's id.
    private static final int COMMENT_MAX = 224;
    /// What no client reads on behind.
    private static final String LAST_WORD = "[DONE]";

    /// What the end says was used.
    ///
    /// @param tokensIn 0 or more
    /// @param tokensOut 0 or more
    public record Used(long tokensIn, long tokensOut) {}

    private final EventEnds ends = new EventEnds();
    private final LengthEnd<?> end;
    private final JsonTap<?> json;
    private final SseScanner events;
    private final AmazonFrames frames;
    private boolean begun;
    private boolean over;

    <F extends Enum<F>> EventStream(LengthEnd<F> end) {
        var tap = new JsonTap<>(end.paths(), end);
        this.end = end;
        this.json = tap;
        this.events = new SseScanner(new SseScanner.Listener() {
            @Override
            public void data(byte[] bytes, int from, int to) {
                over |= AnswerFields.is(LAST_WORD, bytes, from, to);
                tap.accept(bytes, from, to);
            }

            @Override
            public void eventEnd(int to) {
                tap.endDocument();
            }
        });
        this.frames = new AmazonFrames(new AmazonFrames.Listener() {
            @Override
            public void payload(byte[] bytes, int from, int to) {
                tap.accept(bytes, from, to);
            }

            @Override
            public void eventEnd() {
                tap.endDocument();
            }

            @Override
            public void failure(String type) {}
        });
    }

    /// The index behind the end of the first event that ends in `[from, to)`, -1 where none does; then what follows that index
    /// is to be given next.
    public int next(byte[] bytes, int from, int to) {
        return ends.next(bytes, from, to);
    }

    /// These bytes go to the client.
    public void passed(byte[] bytes, int from, int to) {
        begun |= to > from;
        switch (ends.framing()) {
            case UNKNOWN -> {
            }
            case EVENTS -> events.accept(bytes, from, to);
            case LINES, ARRAY -> json.accept(bytes, from, to);
            case FRAMES -> frames.accept(bytes, from, to);
        }
    }

    /// Whether what passes is a stream that can be ended where an event ends; true as long as nothing speaks against it.
    public boolean canEnd() {
        return (ends.framing() == EventEnds.Framing.UNKNOWN || end.ends(ends.framing())) && end.canEnd();
    }

    /// The most bytes that [#end] can have, once an event of so many bytes more has passed.
    public long endMaxAfter(long eventBytes) {
        return end.endMaxAfter(eventBytes) + COMMENT_MAX;
    }

    /// What brings the stream to its end; only where an event has ended and [#canEnd()] is true.
    ///
    /// @param code why, as events and refusals name it; 40 characters at most
    /// @param limit the id of the limit, 128 characters at most; empty where there is none
    public byte[] end(Used used, String code, String limit) {
        var out = new EndWriter(ends.framing(), !begun);
        if (!over && !ends.isArrayOver()) {
            end.write(out, used);
        }
        out.comment("weir cut_by_cap " + code + (limit.isEmpty() ? "" : " " + limit));
        return out.bytes();
    }
}
