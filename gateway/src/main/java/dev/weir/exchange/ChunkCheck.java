package dev.weir.exchange;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// Follows the framing of one chunked body (RFC 9112 §7.1), in any split, and tells where it ends.
///
/// A chunk-size line is 1 to 8 hex digits, at most 2³¹-1, optional extensions of visible ASCII behind a `;`, and CR LF. The
/// last chunk is followed by the empty line at once: trailer fields are refused. All extensions of one body together stay
/// within 16 KiB, so that one-byte chunks cannot carry an endless head. Bytes of data are skipped, not looked at. One per
/// connection, event loop only.
final class ChunkCheck {
    private static final int SIZE_DIGITS_MAX = 8;
    private static final int EXTENSIONS_MAX = 16 << 10;

    private enum Place {
        SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, LAST_CR, LAST_LF, ENDED
    }

    private final int lineMax;

    private Place place = Place.SIZE;
    private long size;
    private int lineLength;
    private int extensions;
    private @Nullable HeadRefusal refusal;

    ChunkCheck(int lineMax) {
        this.lineMax = lineMax;
    }

    void begin() {
        place = Place.SIZE;
        size = 0;
        lineLength = 0;
        extensions = 0;
        refusal = null;
    }

    boolean ended() {
        return place == Place.ENDED;
    }

    /// Why the body is refused, or null as long as it is well framed.
    @Nullable
    HeadRefusal refusal() {
        return refusal;
    }

    /// Reads on from `from`.
    ///
    /// @return the place after the last byte that is sound: `to`, or the end of the body, or the first bad byte
    int follow(ByteBuf buffer, int from, int to) {
        int at = from;
        while (at < to && place != Place.ENDED) {
            if (place == Place.DATA) {
                int skipped = (int) Math.min(size, to - at);
                size -= skipped;
                at += skipped;
                place = size == 0 ? Place.DATA_CR : Place.DATA;
                continue;
            }
            refusal = step(buffer.getByte(at));
            if (refusal != null) {
                return at;
            }
            at++;
        }
        return at;
    }

    private @Nullable HeadRefusal step(byte b) {
        return switch (place) {
            case SIZE -> size(b);
            case EXTENSION -> extension(b);
            case SIZE_LF -> expect(b, '\n', size == 0 ? Place.LAST_CR : Place.DATA, HeadRefusal.CHUNK_SIZE);
            case DATA_CR -> expect(b, '\r', Place.DATA_LF, HeadRefusal.CHUNK_END);
            case DATA_LF -> chunkEnd(b);
            case LAST_CR -> expect(b, '\r', Place.LAST_LF, HeadRefusal.TRAILERS);
            case LAST_LF -> expect(b, '\n', Place.ENDED, HeadRefusal.TRAILERS);
            case DATA, ENDED -> throw new AssertionError(place);
        };
    }

    private @Nullable HeadRefusal size(byte b) {
        int digit = Character.digit(b, 16);
        if (digit >= 0) {
            size = size << 4 | digit;
            lineLength++;
            return lineLength > SIZE_DIGITS_MAX || size > Integer.MAX_VALUE ? HeadRefusal.CHUNK_SIZE : null;
        }
        if (lineLength == 0 || b != '\r' && b != ';') {
            return HeadRefusal.CHUNK_SIZE;
        }
        place = b == '\r' ? Place.SIZE_LF : Place.EXTENSION;
        lineLength++;
        return null;
    }

    private @Nullable HeadRefusal extension(byte b) {
        if (b == '\r') {
            place = Place.SIZE_LF;
            return null;
        }
        if (++lineLength > lineMax || ++extensions > EXTENSIONS_MAX) {
            return HeadRefusal.CHUNK_LINE_TOO_LONG;
        }
        return b >= 0x20 && b < 0x7f || b == '\t' ? null : HeadRefusal.CHUNK_SIZE;
    }

    private @Nullable HeadRefusal chunkEnd(byte b) {
        lineLength = 0;
        return expect(b, '\n', Place.SIZE, HeadRefusal.CHUNK_END);
    }

    private @Nullable HeadRefusal expect(byte b, char wanted, Place next, HeadRefusal otherwise) {
        if (b != wanted) {
            return otherwise;
        }
        place = next;
        return null;
    }
}
