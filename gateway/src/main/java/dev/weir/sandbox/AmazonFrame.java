package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/// Writes one event of `application/vnd.amazon.eventstream`; how it looks is drawn where it is read, in
/// `dev.weir.dialect.AmazonFrames`.
final class AmazonFrame {
    static final String MEDIA_TYPE = "application/vnd.amazon.eventstream";
    private static final byte STRING = 7;

    private AmazonFrame() {}

    static byte[] event(String type, JsonNode payload) {
        byte[] body = Json.write(payload).getBytes(StandardCharsets.UTF_8);
        byte[][] headers = {header(":event-type", type), header(":content-type", "application/json"),
            header(":message-type", "event")};
        int length = headers[0].length + headers[1].length + headers[2].length;
        ByteBuffer frame = ByteBuffer.allocate(16 + length + body.length);
        frame.putInt(frame.capacity()).putInt(length);
        frame.putInt(checksum(frame)).put(headers[0]).put(headers[1]).put(headers[2]).put(body);
        return frame.putInt(checksum(frame)).array();
    }

    private static byte[] header(String name, String value) {
        return ByteBuffer.allocate(4 + name.length() + value.length())
                .put((byte) name.length())
                .put(name.getBytes(StandardCharsets.US_ASCII))
                .put(STRING)
                .putShort((short) value.length())
                .put(value.getBytes(StandardCharsets.US_ASCII))
                .array();
    }

    /// Of everything written so far.
    private static int checksum(ByteBuffer frame) {
        var crc = new CRC32();
        crc.update(frame.array(), 0, frame.position());
        return (int) crc.getValue();
    }
}
