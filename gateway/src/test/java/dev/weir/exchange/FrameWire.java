package dev.weir.exchange;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;

/// WebSocket frames by hand over a [Wire], from either side (RFC 6455 §5.2). Shares no code with what it tests.
final class FrameWire {
    static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    static final String HANDSHAKE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + KEY
            + "\r\nSec-WebSocket-Version: 13\r\n";
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;
    private static final byte[] MASK = {0x12, 0x34, 0x56, 0x78};

    /// One frame, its mask taken off.
    record Frame(int opcode, boolean fin, boolean masked, byte[] payload) {
        String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        int closeCode() {
            return payload.length < 2 ? 0 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
        }
    }

    private FrameWire() {}

    /// The head of the answer to a handshake.
    static Wire.Message head(Wire client) throws IOException {
        Wire.Message head = client.head();
        if (head == null) {
            throw new java.io.EOFException("closed before an answer");
        }
        return head;
    }

    /// The answer that opens a WebSocket.
    static String switching(Wire.Message request) throws Exception {
        byte[] proof = MessageDigest.getInstance("SHA-1")
                .digest((request.header("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                        .getBytes(StandardCharsets.US_ASCII));
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                + Base64.getEncoder().encodeToString(proof) + "\r\nX-Upstream: yes\r\n\r\n";
    }

    static byte[] frame(int opcode, boolean fin, boolean masked, byte[] payload) {
        var out = new ByteArrayOutputStream(payload.length + 14);
        out.write((fin ? 0x80 : 0) | opcode);
        int mask = masked ? 0x80 : 0;
        if (payload.length < 126) {
            out.write(mask | payload.length);
        } else if (payload.length < 1 << 16) {
            out.write(mask | 126);
            out.writeBytes(ByteBuffer.allocate(2).putShort((short) payload.length).array());
        } else {
            out.write(mask | 127);
            out.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
        }
        if (masked) {
            out.writeBytes(MASK);
        }
        for (int i = 0; i < payload.length; i++) {
            out.write(masked ? payload[i] ^ MASK[i & 3] : payload[i]);
        }
        return out.toByteArray();
    }

    static byte[] fromServer(String text) {
        return frame(TEXT, true, false, text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] fromClient(String text) {
        return frame(TEXT, true, true, text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] close(boolean masked, int code) {
        return frame(CLOSE, true, masked, new byte[]{(byte) (code >> 8), (byte) code});
    }

    static Frame read(Wire wire) throws IOException {
        byte[] head = exactly(wire, 2);
        int length = head[1] & 0x7f;
        long size = length == 126
                ? ByteBuffer.wrap(exactly(wire, 2)).getShort() & 0xffff
                : length == 127 ? ByteBuffer.wrap(exactly(wire, 8)).getLong() : length;
        boolean masked = (head[1] & 0x80) != 0;
        byte[] mask = masked ? exactly(wire, 4) : new byte[4];
        byte[] payload = exactly(wire, (int) size);
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i & 3];
        }
        return new Frame(head[0] & 0x0f, (head[0] & 0x80) != 0, masked, payload);
    }

    private static byte[] exactly(Wire wire, int length) throws IOException {
        byte[] bytes = wire.raw(length);
        if (bytes.length < length) {
            throw new java.io.EOFException("the socket ended inside a frame or before one");
        }
        return bytes;
    }
}
