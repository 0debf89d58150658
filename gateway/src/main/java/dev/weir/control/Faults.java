package dev.weir.control;

import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.OutputUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Turns what a schema validator says into words for the person who sent the request. Never repeats a value that was sent:
/// it may be a secret in the wrong place.
final class Faults {
    private static final Pattern STEP_INTO_ARRAY = Pattern.compile("[0-9]+");
    private static final String ADDITIONAL = "additionalProperties";

    private final JsonSchema schema;
    private final String parameter;
    /// By field, in the order found; the first reason stays, since later ones follow from it.
    private final Map<String, Problem.Field> found = new LinkedHashMap<>();

    private Faults(JsonSchema schema, String parameter) {
        this.schema = schema;
        this.parameter = parameter;
    }

    /// One entry per field at fault, the fix taken from the `description` of its schema.
    ///
    /// @param parameter the parameter's name; empty for the body, whose fields are then named by JSON pointers
    static List<Problem.Field> of(OutputUnit result, JsonSchema schema, String parameter) {
        var faults = new Faults(schema, parameter);
        var errors = result.getErrors() == null ? List.<OutputUnit>of() : result.getErrors();
        errors.stream().filter(error -> !keyword(error).equals(ADDITIONAL)).forEach(faults::add);
        errors.stream().filter(error -> keyword(error).equals(ADDITIONAL)).forEach(faults::add);
        if (faults.found.isEmpty()) {
            faults.put(parameter.isEmpty() ? "/" : parameter, "has not the declared form", description(schema));
        }
        return new ArrayList<>(faults.found.values());
    }

    private void add(OutputUnit error) {
        var field = field(error);
        switch (keyword(error)) {
            case "required" -> {
                var missing = quoted(error.getError());
                put(field + "/" + missing, "is required and was not given", descriptionOf(field + "/" + missing));
            }
            case ADDITIONAL -> put(field, "is no field of this document; it would have had no effect", fields());
            case "type" -> put(field, "must be " + types(error), fix(field));
            case "maximum", "exclusiveMaximum" -> put(field, "is too large", fix(field));
            case "minimum", "exclusiveMinimum" -> put(field, "is too small", fix(field));
            case "maxLength" -> put(field, "is too long", fix(field));
            case "minLength" -> put(field, "is too short", fix(field));
            case "enum", "const" -> put(field, "is none of the possible values", fix(field));
            case "pattern", "format" -> put(field, "has not the declared form", fix(field));
            default -> {
                // properties, $ref: says only that one of the above follows
            }
        }
    }

    private void put(String field, String detail, String fix) {
        found.putIfAbsent(field, new Problem.Field(field, detail, fix));
    }

    private String field(OutputUnit error) {
        var pointer = error.getInstanceLocation().substring(1);
        return parameter.isEmpty() ? pointer : parameter + pointer;
    }

    private String fix(String field) {
        return parameter.isEmpty() ? descriptionOf(field) : description(schema);
    }

    /// What the document says of a field, or of the next thing around it that it says something of.
    private String descriptionOf(String pointer) {
        String found = "";
        JsonObject properties = schema.get("properties", new JsonObject());
        JsonObject at = new JsonObject().put("properties", properties);
        for (String step : pointer.replaceFirst("^/", "").split("/")) {
            at = STEP_INTO_ARRAY.matcher(step).matches() && at.containsKey("items")
                    ? at.getJsonObject("items")
                    : at.getJsonObject("properties", new JsonObject()).getJsonObject(step, new JsonObject());
            found = at.getString("description", found);
        }
        return found;
    }

    private static String description(JsonSchema schema) {
        return schema.get("description", "");
    }

    private String fields() {
        JsonObject properties = schema.get("properties", new JsonObject());
        return "There are " + String.join(", ", properties.fieldNames()) + ".";
    }

    private static String keyword(OutputUnit error) {
        var location = error.getKeywordLocation();
        return location.substring(location.lastIndexOf('/') + 1);
    }

    /// The validator names types only in its text, after this word.
    private static String types(OutputUnit error) {
        var text = error.getError();
        int expected = text.indexOf("Expected ");
        return expected < 0
                ? "of another type"
                : "of type " + text.substring(expected + "Expected ".length()).replace(", ", " or ");
    }

    private static String quoted(String text) {
        int from = text.indexOf('"');
        int to = text.lastIndexOf('"');
        return from < to ? text.substring(from + 1, to) : "?";
    }
}
