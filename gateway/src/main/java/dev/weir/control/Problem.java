package dev.weir.control;

import dev.weir.tenant.TenantId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a caller is told when a request is not carried out: RFC 9457 with a stable `code` and, for bad input, one entry per
/// field.
///
/// @param status 400 to 599
/// @param code `a-z_`, stable, for programs; the `type` is a URN made of it
/// @param title the same for every problem of this code
/// @param detail what happened here, why, and what to do
/// @param errors the fields at fault, empty where it is not about fields
/// @param instance names this occurrence in the log, null where nothing was logged
record Problem(int status, String code, String title, String detail, List<Field> errors, @Nullable String instance) {
    static final String CONTENT_TYPE = "application/problem+json";

    /// One field at fault.
    ///
    /// @param name a parameter's name, or a JSON pointer into the body
    /// @param detail what is wrong with it and why
    /// @param fix what it should be; empty where the detail says all
    record Field(String name, String detail, String fix) {}

    static Problem of(int status, String code, String title, String detail) {
        return new Problem(status, code, title, detail, List.of(), null);
    }

    static Problem invalid(List<Field> fields) {
        var first = fields.getFirst();
        var others = fields.size() == 1 ? "" : " (and " + (fields.size() - 1) + " more, see errors)";
        return new Problem(400, "invalid_request", "The request is not valid",
                first.name() + ": " + first.detail() + others, fields, null);
    }

    static Problem invalid(String field, String detail, String fix) {
        return invalid(List.of(new Field(field, detail, fix)));
    }

    static Problem noTenant(TenantId id) {
        return of(404, "not_found", "Not found", "There is no tenant '" + id + "'.");
    }

    JsonObject toJson() {
        var json = new JsonObject().put("type", "urn:weir:problem:" + code)
                .put("title", title)
                .put("status", status)
                .put("detail", detail)
                .put("code", code);
        if (instance != null) {
            json.put("instance", instance);
        }
        if (!errors.isEmpty()) {
            var list = new JsonArray();
            for (Field error : errors) {
                var entry = new JsonObject().put("field", error.name()).put("detail", error.detail());
                list.add(error.fix().isEmpty() ? entry : entry.put("fix", error.fix()));
            }
            json.put("errors", list);
        }
        return json;
    }
}
