package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.zip.GZIPOutputStream;

/// One request to the sandbox whose answer is in the shape of one voice, from its body to its last byte. Event loop only.
final class SandboxCall {
    private static final int GZIP_MIN = 256;
    private static final int ON_THE_LOOP_MAX = 64 << 10;

    private final Vertx vertx;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Voice voice;
    private final String requestId;
    private final long startNanos;

    SandboxCall(Vertx vertx, HttpServerRequest request, Voice voice) {
        this.vertx = vertx;
        this.request = request;
        this.response = request.response();
        this.voice = voice;
        this.requestId = voice.newRequestId();
        this.startNanos = System.nanoTime();
    }

    /// Reads the body as a JSON object, obeys its controls, and answers with what `speak` makes of it. A large body is counted
    /// off the loop.
    void answer(BiFunction<ObjectNode, Controls, Reply> speak) {
        request.body().onSuccess(body -> {
            ObjectNode asked;
            Controls controls;
            try {
                asked = Json.read(body.getBytes());
                controls = Controls.of(asked);
            } catch (IllegalArgumentException e) {
                fail(400, String.valueOf(e.getMessage()), Controls.NONE);
                return;
            }
            if (controls.status() != 0) {
                fail(controls.status(), "The sandbox was asked for status " + controls.status() + ".", controls);
            } else if (body.length() <= ON_THE_LOOP_MAX) {
                send(speak.apply(asked, controls), controls);
            } else {
                vertx.executeBlocking(() -> speak.apply(asked, controls), false)
                        .onSuccess(reply -> send(reply, controls))
                        .onFailure(e -> fail(500, "The sandbox failed: " + e, Controls.NONE));
            }
        });
    }

    private void send(Reply reply, Controls controls) {
        switch (reply) {
            case Reply.Whole whole -> whole(200, whole.body(), controls);
            case Reply.Events events -> {
                head(200, "text/event-stream; charset=utf-8");
                response.putHeader("cache-control", "no-cache");
                new Pace<>(vertx, response, events.events(), Buffer::buffer, controls).start();
            }
            case Reply.Frames frames -> {
                head(200, frames.mediaType());
                new Pace<>(vertx, response, frames.frames(), Buffer::buffer, controls).start();
            }
            case Reply.Stream stream -> {
                head(200, stream.mediaType());
                new Pace<>(vertx, response, stream.pieces(), Buffer::buffer, controls).start();
            }
            case Reply.Rejected rejected -> fail(rejected.status(), rejected.message(), controls);
        }
    }

    void fail(int status, String message, Controls controls) {
        if (controls.retryAfterSeconds() >= 0) {
            response.putHeader("retry-after", Integer.toString(controls.retryAfterSeconds()));
        }
        voice.addErrorHeaders(response.headers(), status);
        whole(status, voice.error(status, message, requestId), controls);
    }

    void whole(int status, JsonNode body, Controls controls) {
        if (controls.delayMillis() == 0) {
            wholeNow(status, body, controls);
        } else {
            vertx.setTimer(controls.delayMillis(), id -> wholeNow(status, body, controls));
        }
    }

    private void wholeNow(int status, JsonNode body, Controls controls) {
        if (response.closed()) {
            return;
        }
        head(status, "application/json");
        byte[] bytes = Json.write(body).getBytes(StandardCharsets.UTF_8);
        if (takesGzip() && bytes.length >= GZIP_MIN) {
            response.putHeader("content-encoding", "gzip").putHeader("vary", "Accept-Encoding");
            bytes = gzipped(bytes);
        }
        if (controls.cutAfterChunks() >= 0) {
            response.putHeader("content-length", Integer.toString(bytes.length));
            response.write(Buffer.buffer(bytes).slice(0, bytes.length / 2)).onComplete(done -> response.reset());
        } else {
            response.end(Buffer.buffer(bytes));
        }
    }

    private void head(int status, String mediaType) {
        response.setStatusCode(status).putHeader("content-type", mediaType);
        voice.addHeaders(response.headers(), requestId, (System.nanoTime() - startNanos) / 1_000_000);
    }

    private boolean takesGzip() {
        String accepted = request.getHeader("accept-encoding");
        return accepted != null
                && accepted.toLowerCase(Locale.ROOT).matches("(.*[, ])?gzip(?! *; *q=0(\\.0*)?([, ]|$)).*");
    }

    private static byte[] gzipped(byte[] bytes) {
        var out = new ByteArrayOutputStream(bytes.length);
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
