package dev.weir.exchange;

import io.netty.buffer.ByteBuf;

/// Finds where a head ends: after the first empty line that follows a line, whatever way its lines end.
///
/// Remembers how far it looked, so that a head that drips in byte by byte is still looked at once. Positions are kept relative
/// to the head's first byte, because the buffer may be another one at the next call. One per connection, event loop only.
final class HeadEnd {
    private int scanned;
    private int lineFrom;
    private boolean firstLine = true;

    void begin() {
        scanned = 0;
        lineFrom = 0;
        firstLine = true;
    }

    /// Whether no line but an empty one has ended so far.
    boolean inFirstLine() {
        return firstLine;
    }

    /// @return the place after the head that begins at `from`, or -1 where it does not end before `to`
    int find(ByteBuf buffer, int from, int to) {
        int at = from + scanned;
        while (at < to) {
            int lineEnd = buffer.indexOf(at, to, (byte) '\n');
            if (lineEnd < 0) {
                break;
            }
            boolean empty = isEmpty(buffer, from + lineFrom, lineEnd);
            at = lineEnd + 1;
            boolean leading = lineFrom == 0 && lineEnd - from == 1;
            lineFrom = at - from;
            if (empty && !leading) {
                return at;
            }
            firstLine &= empty;
        }
        scanned = to - from;
        return -1;
    }

    private static boolean isEmpty(ByteBuf buffer, int from, int to) {
        return to == from || to - from == 1 && buffer.getByte(from) == '\r';
    }
}
