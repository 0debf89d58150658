package dev.weir.exchange;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/// The one frame that Weir sends itself: a close, to each side as that side may receive it (RFC 6455 §5.5.1).
final class Frames {
    /// The other side goes away: a drain, a deadline.
    static final int GOING_AWAY = 1001;
    static final int PROTOCOL_ERROR = 1002;
    /// Weir's own rules stand against it.
    static final int POLICY = 1008;
    static final int TOO_LARGE = 1009;
    /// Something broke that is not the receiver's fault.
    static final int INTERNAL = 1011;

    private static final int REASON_MAX = 123;

    private Frames() {}

    /// @param reason ASCII; cut where it is longer than a control frame allows
    static Buffer closeToClient(int code, String reason) {
        byte[] payload = payload(code, reason);
        return Buffer.buffer(2 + payload.length)
                .appendByte((byte) (0x80 | FrameCursor.CLOSE))
                .appendByte((byte) payload.length)
                .appendBytes(payload);
    }

    /// Masked, as all that a client sends.
    static Buffer closeToUpstream(int code, String reason) {
        byte[] payload = payload(code, reason);
        var mask = new byte[4];
        ThreadLocalRandom.current().nextBytes(mask);
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i & 3];
        }
        return Buffer.buffer(6 + payload.length)
                .appendByte((byte) (0x80 | FrameCursor.CLOSE))
                .appendByte((byte) (0x80 | payload.length))
                .appendBytes(mask)
                .appendBytes(payload);
    }

    private static byte[] payload(int code, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.US_ASCII);
        int length = Math.min(text.length, REASON_MAX);
        var payload = new byte[2 + length];
        payload[0] = (byte) (code >> 8);
        payload[1] = (byte) code;
        System.arraycopy(text, 0, payload, 2, length);
        return payload;
    }
}
