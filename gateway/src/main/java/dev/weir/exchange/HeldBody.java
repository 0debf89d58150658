package dev.weir.exchange;

import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.concurrent.atomic.AtomicLong;

/// The request body of an `llm` call, held until admission, within its own bound and the bound of all together.
///
/// Event loop of the exchange only; the sum of all is shared between loops.
final class HeldBody {
    /// How much all exchanges of the process hold, and may.
    static final class Total {
        private final AtomicLong held = new AtomicLong();
        private final long bytesMax;

        Total(long bytesMax) {
            this.bytesMax = bytesMax;
        }

        long bytes() {
            return held.get();
        }
    }

    enum Taken {
        YES, BODY_TOO_LARGE, ALL_TOGETHER_TOO_LARGE
    }

    private final Total total;
    private final long bytesMax;
    private Buffer body = Buffer.buffer();
    private boolean bodyIsBorrowed = true;
    private int length;

    HeldBody(Total total, long bytesMax) {
        this.total = total;
        this.bytesMax = bytesMax;
    }

    long bytesMax() {
        return bytesMax;
    }

    /// Whether a body of the declared length would fit its bound; -1 is none declared.
    boolean mayTake(long declared) {
        return declared <= bytesMax;
    }

    Taken take(Buffer chunk) {
        int more = chunk.length();
        if (length + more > bytesMax) {
            return Taken.BODY_TOO_LARGE;
        }
        if (total.held.addAndGet(more) > total.bytesMax) {
            total.held.addAndGet(-more);
            return Taken.ALL_TOGETHER_TOO_LARGE;
        }
        if (length == 0) {
            body = chunk;
        } else {
            if (bodyIsBorrowed) {
                body = Buffer.buffer(2 * (length + more)).appendBuffer(body);
                bodyIsBorrowed = false;
            }
            body.appendBuffer(chunk);
        }
        length += more;
        return Taken.YES;
    }

    int length() {
        return length;
    }

    Buffer buffer() {
        return body;
    }

    /// The bytes, [#length()] of them from the beginning; lent.
    byte[] bytes() {
        ByteBuf buffer = ((BufferInternal) body).getByteBuf();
        return buffer.hasArray() && buffer.arrayOffset() == 0 && buffer.readerIndex() == 0
                ? buffer.array()
                : body.getBytes();
    }

    /// Gives the bytes back to the sum; the body may be dropped now. More than once does nothing more.
    void release() {
        total.held.addAndGet(-length);
        length = 0;
        body = Buffer.buffer();
    }
}
