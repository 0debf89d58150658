package dev.weir.exchange;

import org.jspecify.annotations.Nullable;

/// Follows one direction of a WebSocket, in any split, and tells where payload and messages lie. Nothing is kept but a header
/// that a chunk boundary cut; nothing is changed.
///
/// ```
///   0                   1                    2..3 or 2..9          4 bytes
///  | FIN RSV opcode(4) | MASK length(7)     | longer length       | masking key | payload
///                        126: 2 bytes, 127: 8 bytes                 from clients only
/// ```
///
/// Read strictly, because two readings of a length are two different messages: reserved bits are 0 (no extension is negotiated),
/// clients mask and servers do not, control frames are short and whole, a continuation continues something, and nothing follows
/// a close. Source: RFC 6455 §5. One per direction, event loop only.
final class FrameCursor {
    /// Hears what passes. Arrays are lent for the call.
    interface Listener {
        /// Payload of a text or binary message.
        void payload(boolean text, byte[] bytes, int from, int to);

        /// The message is over.
        void messageEnd(boolean text);
    }

    enum Fault {
        /// These bytes are no WebSocket.
        PROTOCOL,
        /// A message is larger than allowed.
        TOO_LARGE
    }

    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;
    /// What a peer means that gives no code (RFC 6455 §7.1.5).
    static final int NO_CODE = 1005;
    private static final int CONTROL_MAX = 125;
    private static final int HEADER_MAX = 14;

    private final boolean masked;
    private final long messageMax;
    private final Listener listener;

    private final byte[] header = new byte[HEADER_MAX];
    private int headerLength;
    private int headerWanted = 2;
    private long payloadLeft;
    private long payloadAt;
    private int opcode;
    private boolean fin;
    /// Whether a message has begun and not ended, and what it is.
    private boolean inMessage;
    private boolean text;
    private long messageBytes;
    private long payloadBytes;
    private int closeCode = -1;
    private @Nullable Fault fault;

    /// @param masked whether the sender is a client, which masks its payload
    /// @param messageMax bytes of payload of one message, all its frames together
    FrameCursor(boolean masked, long messageMax, Listener listener) {
        this.masked = masked;
        this.messageMax = messageMax;
        this.listener = listener;
    }

    /// Reads the next bytes.
    ///
    /// @return null where they may pass, else what is wrong; the direction is at its end then
    @Nullable
    Fault accept(byte[] bytes, int offset, int length) {
        int at = offset;
        int to = offset + length;
        while (at < to && fault == null) {
            if (headerLength < headerWanted) {
                header[headerLength++] = bytes[at++];
                if (headerLength == headerWanted) {
                    headerRead();
                }
            } else {
                int some = (int) Math.min(payloadLeft, to - at);
                payload(bytes, at, at + some);
                at += some;
            }
        }
        return fault;
    }

    /// Whether a frame may be put in here without breaking one.
    boolean atBoundary() {
        return headerLength == 0;
    }

    /// Payload of all frames so far, control frames too.
    long payloadBytes() {
        return payloadBytes;
    }

    /// The code of the sender's close frame, [#NO_CODE] where it gave none, -1 as long as it has not sent one.
    int closeCode() {
        return closeCode;
    }

    /// A payload byte as its sender meant it.
    ///
    /// @param i how many bytes behind the first one of the piece being heard
    byte unmasked(byte[] bytes, int from, int i) {
        byte raw = bytes[from + i];
        return masked ? (byte) (raw ^ header[headerWanted - 4 + (int) (payloadAt + i & 3)]) : raw;
    }

    private void headerRead() {
        int length = header[1] & 0x7f;
        int wanted = 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (masked ? 4 : 0);
        if (headerWanted == 2) {
            fault = firstFault(length);
            if (fault != null || wanted > 2) {
                headerWanted = wanted;
                return;
            }
        }
        begin(length < 126 ? length : longer(length == 126 ? 2 : 8));
    }

    private @Nullable Fault firstFault(int length) {
        opcode = header[0] & 0x0f;
        fin = (header[0] & 0x80) != 0;
        boolean control = opcode >= CLOSE;
        boolean wrong = (header[0] & 0x70) != 0 || (header[1] & 0x80) != 0 != masked || closeCode >= 0
                || switch (opcode) {
                    case CONTINUATION -> !inMessage;
                    case TEXT, BINARY -> inMessage;
                    case CLOSE -> length == 1;
                    case PING, PONG -> false;
                    default -> true;
                } || control && (!fin || length > CONTROL_MAX);
        return wrong ? Fault.PROTOCOL : null;
    }

    private long longer(int bytes) {
        long length = 0;
        for (int i = 2; i < 2 + bytes; i++) {
            length = length << 8 | header[i] & 0xff;
        }
        return length;
    }

    private void begin(long length) {
        if (length < 0) {
            fault = Fault.PROTOCOL;
            return;
        }
        if (opcode < CLOSE) {
            if (opcode != CONTINUATION) {
                inMessage = true;
                text = opcode == TEXT;
                messageBytes = 0;
            }
            if (length > messageMax - messageBytes) {
                fault = Fault.TOO_LARGE;
                return;
            }
            messageBytes += length;
        }
        payloadLeft = length;
        payloadAt = 0;
        if (length == 0) {
            frameEnd();
        }
    }

    private void payload(byte[] bytes, int from, int to) {
        if (opcode < CLOSE) {
            listener.payload(text, bytes, from, to);
        } else if (opcode == CLOSE) {
            closing(bytes, from, to);
        }
        payloadAt += to - from;
        payloadBytes += to - from;
        payloadLeft -= to - from;
        if (payloadLeft == 0) {
            frameEnd();
        }
    }

    /// The first two bytes are the code.
    private void closing(byte[] bytes, int from, int to) {
        for (int i = 0; i < to - from && payloadAt + i < 2; i++) {
            closeCode = Math.max(0, closeCode) << 8 | unmasked(bytes, from, i) & 0xff;
        }
    }

    private void frameEnd() {
        if (opcode == CLOSE && closeCode < 0) {
            closeCode = NO_CODE;
        }
        if (opcode < CLOSE && fin) {
            inMessage = false;
            listener.messageEnd(text);
        }
        headerLength = 0;
        headerWanted = 2;
    }
}
