package dev.weir.exchange;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// HTTP/1.1 by hand over one blocking socket, from either side: exact bytes out, heads and bodies in. For virtual threads.
///
/// It shares no code with what it tests, and reads without leniency.
final class Wire implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    /// A message as it came.
    ///
    /// @param start the request line or status line
    /// @param headers by lower-case name; several of one name with a comma and a space between
    /// @param body decoded from its framing
    /// @param whole whether its end came
    record Message(String start, Map<String, String> headers, byte[] body, boolean whole) {
        int status() {
            return start.startsWith("HTTP/") ? Integer.parseInt(start.substring(9, 12)) : 0;
        }

        String method() {
            return start.substring(0, start.indexOf(' '));
        }

        String target() {
            return start.split(" ")[1];
        }

        @Nullable
        String header(String name) {
            return headers.get(name);
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    private final Socket socket;
    private final InputStream in;

    Wire(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    }

    static Wire to(int port) throws IOException {
        return new Wire(new Socket(InetAddress.getLoopbackAddress(), port));
    }

    /// A connection whose own buffers are small, so that a side that does not read is felt soon.
    static Wire narrowTo(int port) throws IOException {
        var socket = new Socket();
        socket.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
        socket.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
        return new Wire(socket);
    }

    Wire send(byte[] bytes) throws IOException {
        return send(bytes, 0, bytes.length);
    }

    Wire send(byte[] bytes, int from, int length) throws IOException {
        socket.getOutputStream().write(bytes, from, length);
        socket.getOutputStream().flush();
        return this;
    }

    Wire send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// One chunk of a chunked body.
    Wire sendChunk(byte[] bytes, int from, int length) throws IOException {
        var out = new ByteArrayOutputStream(length + 16);
        out.writeBytes((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.write(bytes, from, length);
        out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        return send(out.toByteArray());
    }

    Wire sendChunk(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return sendChunk(bytes, 0, bytes.length);
    }

    /// A whole request with a length.
    Wire request(String line, String headers, byte[] body) throws IOException {
        var out = new ByteArrayOutputStream(body.length + 512);
        out.writeBytes((line + " HTTP/1.1\r\nHost: weir\r\n" + headers + (body.length == 0 && line.startsWith("GET")
                ? ""
                : "Content-Length: " + body.length + "\r\n") + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(body);
        return send(out.toByteArray());
    }

    Wire request(String line, String headers, String body) throws IOException {
        return request(line, headers, body.getBytes(StandardCharsets.UTF_8));
    }

    /// The next request; null where the other side closed instead.
    @Nullable
    Message request() throws IOException {
        String start = line();
        return start == null ? null : body(start, headers(), false);
    }

    /// The head of the next message, its body left unread; null where the other side closed instead.
    @Nullable
    Message head() throws IOException {
        String start = line();
        return start == null ? null : new Message(start, headers(), new byte[0], false);
    }

    /// The next answer that is not an interim one.
    ///
    /// @param toHead whether it answers a HEAD request, so has no body
    Message answer(boolean toHead) throws IOException {
        while (true) {
            String start = line();
            if (start == null) {
                throw new EOFException("closed before an answer");
            }
            Map<String, String> headers = headers();
            int status = Integer.parseInt(start.substring(9, 12));
            if (status >= 200) {
                boolean bodyless = toHead || status == 204 || status == 304;
                return bodyless ? new Message(start, headers, new byte[0], true) : body(start, headers, true);
            }
        }
    }

    Message answer() throws IOException {
        return answer(false);
    }

    private Message body(String start, Map<String, String> headers, boolean untilClosed) throws IOException {
        var body = new ByteArrayOutputStream();
        boolean whole = true;
        try {
            String length = headers.get("content-length");
            if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
                chunks(body);
            } else if (length != null) {
                exactly(Integer.parseInt(length), body);
            } else if (untilClosed) {
                in.transferTo(body);
            }
        } catch (EOFException | java.net.SocketException cut) {
            whole = false;
        }
        return new Message(start, headers, body.toByteArray(), whole);
    }

    private void chunks(ByteArrayOutputStream body) throws IOException {
        while (true) {
            String size = line();
            if (size == null) {
                throw new EOFException();
            }
            int length = Integer.parseInt(size.split(";")[0].strip(), 16);
            if (length == 0) {
                headers();
                return;
            }
            exactly(length, body);
            if (!"".equals(line())) {
                throw new EOFException();
            }
        }
    }

    private void exactly(int length, ByteArrayOutputStream body) throws IOException {
        var piece = new byte[8192];
        int left = length;
        while (left > 0) {
            int read = in.read(piece, 0, Math.min(piece.length, left));
            if (read < 0) {
                throw new EOFException();
            }
            body.write(piece, 0, read);
            left -= read;
        }
    }

    /// Reads so many raw bytes.
    byte[] raw(int length) throws IOException {
        return in.readNBytes(length);
    }

    /// Whether the other side closed, or closes before it says anything more.
    boolean isClosed() {
        try {
            return in.read() < 0;
        } catch (IOException reset) {
            return true;
        }
    }

    private Map<String, String> headers() throws IOException {
        var headers = new LinkedHashMap<String, String>();
        for (String line = line(); line != null && !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.merge(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip(),
                    (one, other) -> one + ", " + other);
        }
        return headers;
    }

    /// A line without its end; null at the end of the stream.
    @Nullable
    String line() throws IOException {
        var line = new ByteArrayOutputStream(128);
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                byte[] bytes = line.toByteArray();
                int length = bytes.length > 0 && bytes[bytes.length - 1] == '\r' ? bytes.length - 1 : bytes.length;
                return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
            }
            line.write(b);
        }
        return null;
    }

    /// Closes with a reset, as a process does that is killed while bytes are unread.
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /// How [#request] is called for each of several headers.
    static String headers(List<String> lines) {
        return lines.isEmpty() ? "" : String.join("\r\n", lines) + "\r\n";
    }
}
