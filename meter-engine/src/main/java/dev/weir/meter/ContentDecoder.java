package dev.weir.meter;

import java.util.Locale;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/// Takes the content coding off an answer as it passes, for the meter only: the client gets the coded bytes.
///
/// Knows `identity`, `gzip` (RFC 1952, several members too) and `deflate` (RFC 9110 section 8.4.1.2: a zlib stream, or the
/// bare stream that some send). Anything else, broken data, or data that grows beyond [#OUTPUT_MAX] in all or [#RATIO_MAX]
/// times its size, is a [#failure()]: the rest is not read. Holds native memory until [#close()].
///
/// One thread at a time.
final class ContentDecoder implements AutoCloseable {
    /// Where decoded bytes go; the array is lent for the call.
    interface Target {
        void accept(byte[] bytes, int offset, int length);
    }

    static final long OUTPUT_MAX = 1L << 30;
    static final long RATIO_MAX = 256;
    /// Below this much output the ratio is not looked at: a small answer may well be mostly repetition.
    private static final long RATIO_FREE = 1 << 20;
    private static final int BUFFER = 8 * 1024;

    private enum State {
        IDENTITY, GZIP_HEADER, DEFLATE_START, INFLATE, GZIP_TRAILER, OVER, FAILED
    }

    private State state;
    private final boolean gzip;
    private @Nullable String failure;
    private @Nullable Inflater inflater;
    private byte[] buffer = new byte[0];
    private final GzipHeader header = new GzipHeader();
    private int trailer;
    private boolean betweenMembers;
    private long in;
    private long out;

    /// @param contentEncoding the header's value, null where there is none
    ContentDecoder(@Nullable String contentEncoding) {
        String coding = contentEncoding == null ? "" : contentEncoding.strip().toLowerCase(Locale.ROOT);
        gzip = coding.equals("gzip") || coding.equals("x-gzip");
        state = State.IDENTITY;
        switch (coding) {
            case "", "identity" -> {
            }
            case "gzip", "x-gzip" -> state = State.GZIP_HEADER;
            case "deflate" -> state = State.DEFLATE_START;
            default -> fail("coding " + coding);
        }
    }

    /// Why the answer cannot be read any further; null while it can.
    @Nullable
    String failure() {
        return failure;
    }

    /// Whether the coded data has come to an end of its own: what was decoded so far is all of it.
    boolean isWhole() {
        return switch (state) {
            case IDENTITY, OVER -> true;
            case GZIP_HEADER -> betweenMembers;
            case DEFLATE_START, INFLATE, GZIP_TRAILER, FAILED -> false;
        };
    }

    void accept(byte[] bytes, int offset, int length, Target target) {
        if (state == State.IDENTITY) {
            target.accept(bytes, offset, length);
            return;
        }
        int i = offset;
        int to = offset + length;
        in += length;
        while (i < to) {
            i = switch (state) {
                case IDENTITY, OVER, FAILED -> to;
                case GZIP_HEADER -> gzipHeader(bytes, i);
                case DEFLATE_START -> deflateStart(bytes, i);
                case INFLATE -> inflate(bytes, i, to, target);
                case GZIP_TRAILER -> gzipTrailer(i);
            };
        }
    }

    private int gzipHeader(byte[] bytes, int i) {
        betweenMembers = false;
        switch (header.accept(bytes[i] & 0xff)) {
            case MORE -> {
            }
            case COMPLETE -> begin(true);
            case BROKEN -> fail("broken gzip header");
        }
        return i + 1;
    }

    private int deflateStart(byte[] bytes, int i) {
        boolean zlib = (bytes[i] & 0x0f) == 8 && (bytes[i] & 0xf0) <= 0x70;
        begin(!zlib);
        return i;
    }

    private void begin(boolean bare) {
        close();
        inflater = new Inflater(bare);
        if (buffer.length == 0) {
            buffer = new byte[BUFFER];
        }
        state = State.INFLATE;
    }

    private int inflate(byte[] bytes, int from, int to, Target target) {
        Inflater engine = java.util.Objects.requireNonNull(inflater);
        engine.setInput(bytes, from, to - from);
        try {
            while (!engine.needsInput() && !engine.finished()) {
                int length = engine.inflate(buffer);
                out += length;
                if (length > 0) {
                    target.accept(buffer, 0, length);
                } else if (engine.needsDictionary()) {
                    return fail("deflate with a preset dictionary");
                }
                if (out > OUTPUT_MAX || out > RATIO_FREE && out / RATIO_MAX > in) {
                    return fail("the answer grew from " + in + " to over " + out + " bytes when decoded");
                }
            }
        } catch (DataFormatException e) {
            return fail("broken deflate data");
        }
        if (!engine.finished()) {
            return to;
        }
        state = gzip ? State.GZIP_TRAILER : State.OVER;
        trailer = 8;
        return to - engine.getRemaining();
    }

    /// Length and checksum are the client's business. Another member may follow.
    private int gzipTrailer(int i) {
        if (--trailer == 0) {
            state = State.GZIP_HEADER;
            header.restart();
            betweenMembers = true;
        }
        return i + 1;
    }

    private int fail(String why) {
        failure = why;
        state = State.FAILED;
        close();
        return Integer.MAX_VALUE; // leaves the loop
    }

    @Override
    public void close() {
        if (inflater != null) {
            inflater.end();
            inflater = null;
        }
    }
}
