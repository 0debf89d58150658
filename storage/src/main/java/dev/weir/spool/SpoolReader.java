package dev.weir.spool;

import dev.weir.event.EventId;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the synced events of one epoch in the order of their seq, the open segment included. One thread.
///
/// It stops at what is synced rather than at what is kept: an event stored elsewhere while a power cut could still take the
/// settlement from here would come back as an interrupted attempt, and be counted twice.
public final class SpoolReader implements Closeable {
    /// What [#read] takes at most at once, as frames: more than 5,000 events as calls make them, and few of the largest.
    static final int BYTES_MAX = 4 << 20;

    private final SegmentList segments;
    private final long epoch;
    private final PayloadReader payload = new PayloadReader();
    private final byte[] window = FrameCursor.newWindow();
    private @Nullable Segment segment;
    private @Nullable Image image;
    private @Nullable FrameCursor frames;
    private long lastSeq;
    private long malformed;

    SpoolReader(SegmentList segments, long epoch, long afterSeq) {
        this.segments = segments;
        this.epoch = epoch;
        this.lastSeq = afterSeq;
    }

    /// The next events, at most `max` and about as many as 4 MiB hold; empty where there are none at the moment.
    ///
    /// @throws LaterVersionException where a later Weir wrote records
    public List<KeptEvent> read(int max) throws IOException {
        var events = new ArrayList<KeptEvent>();
        for (long bytes = 0; events.size() < max && (events.isEmpty() || bytes < BYTES_MAX) && next();) {
            bytes += frameBytes();
            var event = event();
            if (event != null) {
                events.add(event);
            }
        }
        return events;
    }

    /// The seq of the last event read, or where it was told to begin.
    public long position() {
        return lastSeq;
    }

    /// Records passed over because their payload made no sense.
    public long malformed() {
        return malformed;
    }

    /// Moves to the next frame that is an event after the last one.
    private boolean next() throws IOException {
        for (;;) {
            var current = segment;
            var cursor = frames;
            if (current == null || cursor == null) {
                if (!openAfter(0)) {
                    return false;
                }
                continue;
            }
            boolean ended = isEnded(current);
            while (cursor.next(current.synced)) {
                if (isNews(current, cursor)) {
                    return true;
                }
            }
            if (!ended || !openAfter(current.index)) {
                return false;
            }
        }
    }

    /// Whether nothing comes after what is synced now. A segment is closed before its last records are synced.
    private static boolean isEnded(Segment segment) {
        return segment.closed && segment.synced >= segment.published;
    }

    private boolean isNews(Segment current, FrameCursor cursor) {
        return RecordLayout.seq(cursor.buffer(), cursor.at()) > lastSeq
                && RecordLayout.record(cursor.buffer(), cursor.at()) < current.cut;
    }

    /// Goes to the next segment; at the beginning to the one where the next seq is.
    private boolean openAfter(int index) throws IOException {
        var next = segments.after(epoch, index);
        while (next != null && next.closed && next.lastSeq <= lastSeq) {
            var later = segments.after(epoch, next.index);
            if (later == null) {
                break;
            }
            next = later;
        }
        if (next == null) {
            return false;
        }
        close();
        image = next.open();
        segment = next;
        frames = new FrameCursor(image, next.salt, Segment.FIRST_FRAME_AT, window);
        return true;
    }

    private int frameBytes() {
        var cursor = frames;
        return cursor == null ? 0 : RecordLayout.length(cursor.buffer(), cursor.at());
    }

    private @Nullable KeptEvent event() throws IOException {
        var cursor = frames;
        var current = segment;
        if (cursor == null || current == null) {
            throw new IllegalStateException("no frame");
        }
        byte[] buffer = cursor.buffer();
        int at = cursor.at();
        lastSeq = RecordLayout.seq(buffer, at);
        try {
            var event = EventCodec.read(payload.over(buffer, at + RecordLayout.HEADER_BYTES,
                    at + RecordLayout.length(buffer, at)));
            return new KeptEvent(new EventId(current.node, epoch, lastSeq), event);
        } catch (MalformedRecordException senseless) {
            malformed++;
            return null;
        }
    }

    @Override
    public void close() {
        if (image != null) {
            image.close();
        }
        image = null;
        segment = null;
        frames = null;
    }
}
