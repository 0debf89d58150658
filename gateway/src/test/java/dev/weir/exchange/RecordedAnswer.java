package dev.weir.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;

/// A recorded answer as an upstream sends it once more: whole, or in odd pieces.
final class RecordedAnswer {
    /// Not the recording's to say: our framing, and what the recorder dropped.
    static final Set<String> NOT_REPLAYED = Set.of("content-length", "transfer-encoding", "connection",
            "content-encoding", "keep-alive");

    /// How the upstream cuts its answer into writes.
    enum Cut {
        WHOLE, RECORDED, RANDOM, BYTES, GZIP
    }

    private RecordedAnswer() {}

    /// @param body the answer's bytes, compressed where `gzip` says so
    static void send(JsonNode response, byte[] body, boolean gzip, Wire wire, Cut cut, Random random)
            throws IOException {
        var head = new StringBuilder("HTTP/1.1 ").append(response.path("status").asInt()).append(" Recorded\r\n");
        for (JsonNode header : response.path("headers")) {
            if (!NOT_REPLAYED.contains(name(header))) {
                head.append(header.path(0).asText()).append(": ").append(header.path(1).asText()).append("\r\n");
            }
        }
        head.append(gzip ? "Content-Encoding: gzip\r\n" : "");
        boolean chunked = cut != Cut.WHOLE || random.nextBoolean();
        head.append(chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: " + body.length + "\r\n\r\n");
        var out = new ByteArrayOutputStream(body.length + 1024);
        out.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
        int from = 0;
        for (int to : cuts(response, body.length, cut, random)) {
            if (chunked && to > from) {
                wire.send(out.toByteArray()).sendChunk(body, from, to - from);
                out.reset();
            } else {
                out.write(body, from, to - from);
            }
            from = to;
        }
        out.writeBytes((chunked ? "0\r\n\r\n" : "").getBytes(StandardCharsets.US_ASCII));
        wire.send(out.toByteArray());
    }

    /// Where each piece ends.
    private static int[] cuts(JsonNode response, int length, Cut cut, Random random) {
        IntStream ends = switch (cut) {
            case WHOLE -> IntStream.empty();
            case RECORDED -> recorded(response, length);
            case RANDOM, GZIP -> random.ints(Math.min(40, length / 100 + 2), 0, length + 1);
            case BYTES -> IntStream.range(1, length);
        };
        return IntStream.concat(ends, IntStream.of(length)).sorted().toArray();
    }

    /// As the recorder read it; where it did not say, after each event.
    private static IntStream recorded(JsonNode response, int length) {
        var ends = new ArrayList<Integer>();
        int at = 0;
        for (JsonNode size : response.path("chunks")) {
            at = Math.min(length, at + size.asInt());
            ends.add(at);
        }
        if (ends.isEmpty()) {
            byte[] body = RecordedTraffic.body(response);
            for (int i = 1; i < body.length; i++) {
                if (body[i] == '\n' && body[i - 1] == '\n') {
                    ends.add(i + 1);
                }
            }
        }
        return ends.stream().mapToInt(Integer::intValue);
    }

    static byte[] gzip(byte[] plain) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }

    static String name(JsonNode header) {
        return header.path(0).asText().toLowerCase(Locale.ROOT);
    }
}
