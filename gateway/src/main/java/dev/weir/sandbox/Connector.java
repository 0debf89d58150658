package dev.weir.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;

/// A small system of records under `/connector/`, so that the connector route kind has something to call: reads answer with a
/// few records, writes with what was sent. `?bytes=N` makes the answer's `filler` N bytes long.
final class Connector {
    private static final int FILLER_MAX = 16 << 20;

    private Connector() {}

    /// @throws IllegalArgumentException if `bytes` is no number in range
    static ObjectNode answer(HttpServerRequest request, Buffer body) {
        boolean read = request.method() == HttpMethod.GET || request.method() == HttpMethod.HEAD;
        ObjectNode answer = Json.object()
                .put("operation", read ? "read" : "write")
                .put("method", request.method().name())
                .put("path", request.path())
                .put("query", request.query())
                .put("received_bytes", body.length());
        if (read) {
            var records = answer.putArray("result");
            for (int i = 1; i <= 3; i++) {
                records.addObject().put("number", "INC000000" + i).put("state", "open").put("priority", i);
            }
        } else {
            ObjectNode record = answer.putObject("result").put("number", "INC" + Ids.hex("", 7));
            if (body.length() > 0 && isJson(request)) {
                record.set("fields", Json.read(body.getBytes()));
            }
        }
        return answer.put("filler", ".".repeat(number(request, "bytes", 0, FILLER_MAX)));
    }

    /// The controls of a connector call stand in its query: `?status=429&retry_after_s=3&delay_ms=100`.
    static Controls controls(HttpServerRequest request) {
        return new Controls(number(request, "delay_ms", 0, 60_000), number(request, "status", 0, 599),
                number(request, "retry_after_s", -1, 86_400), number(request, "cut_after_chunks", -1, 1), -1);
    }

    private static boolean isJson(HttpServerRequest request) {
        String type = request.getHeader("content-type");
        return type != null && type.startsWith("application/json");
    }

    private static int number(HttpServerRequest request, String name, int absent, int max) {
        String value = request.getParam(name);
        if (value == null) {
            return absent;
        }
        if (!value.matches("[0-9]{1,9}") || Integer.parseInt(value) > max) {
            throw new IllegalArgumentException(name + "=" + value + " is no whole number from 0 to " + max);
        }
        return Integer.parseInt(value);
    }
}
