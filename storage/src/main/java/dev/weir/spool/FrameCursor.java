package dev.weir.spool;

import java.io.IOException;
import java.util.zip.CRC32C;

/// Walks the undamaged frames of an image in order. One thread; the frame is looked at in place and is gone with the next
/// [#next].
///
/// Damage is passed over: after a bad header every eighth byte is tried, after a good header with a bad payload the frame is
/// left out whole. Zeros to the end are the part not yet written; zeros before another frame are damage.
final class FrameCursor {
    private static final int WINDOW = 128 * 1024;

    private final Image image;
    private final int salt;
    private final CRC32C crc = new CRC32C();
    private final byte[] window;
    private long windowFrom;
    private int windowBytes;
    private long next;
    private int at;
    private long badBlocks;

    FrameCursor(Image image, int salt, long from) {
        this(image, salt, from, new byte[WINDOW]);
    }

    /// @param window a buffer to use again, of [#newWindow]
    FrameCursor(Image image, int salt, long from, byte[] window) {
        this.image = image;
        this.salt = salt;
        this.next = from;
        this.window = window;
    }

    static byte[] newWindow() {
        return new byte[WINDOW];
    }

    /// Moves to the next frame that ends at or before `limit`.
    boolean next(long limit) throws IOException {
        boolean skipped = false;
        boolean skippedBytes = false;
        while (next + RecordLayout.HEADER_BYTES <= limit) {
            int available = window(RecordLayout.HEADER_BYTES, limit);
            if (available < RecordLayout.HEADER_BYTES) {
                break;
            }
            if (!RecordLayout.isHeader(window, at, available, salt, crc)) {
                skipped = true;
                skippedBytes |= RecordLayout.getLong(window, at) != 0;
                next += RecordLayout.ALIGNMENT;
            } else if (isPayload(limit)) {
                badBlocks += skipped ? 1 : 0;
                next += RecordLayout.padded(RecordLayout.length(window, at));
                return true;
            } else {
                badBlocks++;
                skipped = false;
                skippedBytes = false;
                next += RecordLayout.padded(RecordLayout.length(window, at));
            }
        }
        badBlocks += skippedBytes ? 1 : 0;
        return false;
    }

    private boolean isPayload(long limit) throws IOException {
        int available = window(RecordLayout.length(window, at), limit);
        return RecordLayout.isPayload(window, at, available, crc);
    }

    /// Sees to it that `wanted` bytes from `next` on lie in the window, where there are as many before `limit`; sets `at`. Moved
    /// only when it must: each byte is then read once, and a compressed block opened once.
    ///
    /// @return how many bytes lie there
    private int window(int wanted, long limit) throws IOException {
        if (next < windowFrom || next + Math.min(wanted, limit - next) > windowFrom + windowBytes) {
            windowBytes = image.read(next, window, 0, (int) Math.min(limit - next, window.length));
            windowFrom = next;
        }
        at = (int) (next - windowFrom);
        return (int) Math.min(windowBytes - at, limit - next);
    }

    /// The buffer that holds the frame.
    byte[] buffer() {
        return window;
    }

    /// Where the frame begins in [#buffer].
    int at() {
        return at;
    }

    /// Where the next frame is looked for, in the image.
    long position() {
        return next;
    }

    long badBlocks() {
        return badBlocks;
    }
}
