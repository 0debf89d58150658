package dev.weir.control;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;

/// What an operation answers.
sealed interface Reply {
    /// A JSON document.
    record Json(int status, JsonObject body) implements Reply {}

    /// Something that is not JSON.
    record Raw(String contentType, Buffer body) implements Reply {}

    /// Done, and there is nothing to say: 204.
    record Nothing() implements Reply {}

    /// Not carried out.
    record Failed(Problem problem) implements Reply {}

    static Reply ok(JsonObject body) {
        return new Json(200, body);
    }

    static Reply created(JsonObject body) {
        return new Json(201, body);
    }

    static Reply failed(Problem problem) {
        return new Failed(problem);
    }
}
