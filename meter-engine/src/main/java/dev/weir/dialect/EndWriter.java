package dev.weir.dialect;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// Writes the last events of a stream in the framing that the stream has.
final class EndWriter {
    private static final byte TYPE_STRING = 7;
    private static final int PRELUDE = 12;
    private static final int CHECKSUM = 4;

    private final EventEnds.Framing framing;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    private boolean first;

    /// @param first whether no event of the stream has passed
    EndWriter(EventEnds.Framing framing, boolean first) {
        this.framing = framing;
        this.first = first;
    }

    /// An event of that name with that content.
    ///
    /// @param type null where the dialect's events have no name; said only where the framing has a place for it
    void event(@Nullable String type, String json) {
        switch (framing) {
            case EVENTS, UNKNOWN -> text((type == null ? "" : "event: " + type + "\n") + "data: " + json + "\n\n");
            case LINES -> text(json + "\n");
            case ARRAY -> text((first ? "[" : "\r\n,\r\n") + json);
            case FRAMES -> frame(type == null ? "chunk" : type, json);
        }
        first = false;
    }

    /// The end of an array, where the framing is one.
    void close() {
        if (framing == EventEnds.Framing.ARRAY) {
            text(first ? "[]" : "\r\n]");
            first = false;
        }
    }

    /// A comment, where the framing has any.
    void comment(String words) {
        if (framing == EventEnds.Framing.EVENTS || framing == EventEnds.Framing.UNKNOWN) {
            text(": " + words + "\n\n");
        }
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    private void text(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Drawn in [AmazonFrames].
    private void frame(String type, String json) {
        byte[] payload = json.getBytes(StandardCharsets.UTF_8);
        byte[] headers = headers(type);
        ByteBuffer frame = ByteBuffer.allocate(PRELUDE + headers.length + payload.length + CHECKSUM);
        frame.putInt(frame.capacity()).putInt(headers.length);
        frame.putInt(checksum(frame)).put(headers).put(payload);
        out.writeBytes(frame.putInt(checksum(frame)).array());
    }

    private static byte[] headers(String type) {
        var headers = new ByteArrayOutputStream();
        header(headers, ":event-type", type);
        header(headers, ":content-type", "application/json");
        header(headers, ":message-type", "event");
        return headers.toByteArray();
    }

    private static void header(ByteArrayOutputStream headers, String name, String value) {
        headers.write(name.length());
        headers.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
        headers.write(TYPE_STRING);
        headers.write(value.length() >> 8);
        headers.write(value.length());
        headers.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
    }

    /// Of everything written so far.
    private static int checksum(ByteBuffer frame) {
        var crc = new CRC32();
        crc.update(frame.array(), 0, frame.position());
        return (int) crc.getValue();
    }
}
