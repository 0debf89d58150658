package dev.weir.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.SchemaRepository;
import io.vertx.json.schema.common.dsl.SchemaType;
import io.vertx.openapi.contract.Location;
import io.vertx.openapi.contract.Parameter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads a request by the document and says everything that is wrong with it at once. Event loop; does not wait.
///
/// The schemas are the document's; the walk over a request is ours, because the library's stops at the first fault, decodes
/// query values twice (`a%2Bb` would become `a b`) and reads a string parameter such as `1.0` as a number.
final class RequestReader {
    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final SchemaRepository schemas;

    RequestReader(SchemaRepository schemas) {
        this.schemas = schemas;
    }

    /// What became of a request.
    sealed interface Reading {
        record Valid(Map<String, String> parameters, JsonObject body) implements Reading {}

        record Invalid(Problem problem) implements Reading {}
    }

    Reading read(RoutingContext context, io.vertx.openapi.contract.Operation operation) {
        var faults = new ArrayList<Problem.Field>();
        var parameters = parameters(context, operation, faults);
        var body = new JsonObject();
        if (operation.getRequestBody() != null) {
            var type = operation.getRequestBody().determineContentType(mediaType(context));
            if (type == null) {
                return new Reading.Invalid(unsupported(context));
            }
            try {
                body = parse(context.body().buffer());
            } catch (JsonProcessingException e) {
                return new Reading.Invalid(malformed(e));
            }
            check(body, type.getSchema(), "", faults);
        }
        return faults.isEmpty()
                ? new Reading.Valid(parameters, body)
                : new Reading.Invalid(Problem.invalid(faults));
    }

    private Map<String, String> parameters(RoutingContext context, io.vertx.openapi.contract.Operation operation,
            List<Problem.Field> faults) {
        var values = new LinkedHashMap<String, String>();
        var inQuery = new LinkedHashSet<String>();
        for (Parameter parameter : operation.getParameters()) {
            if (parameter.getIn() == Location.HEADER) {
                // looked at before the request is read, as credentials are: Governance
                continue;
            }
            if (parameter.getIn() == Location.QUERY) {
                inQuery.add(parameter.getName());
            }
            var value = value(context, parameter, faults);
            if (value != null) {
                check(typed(value, parameter), parameter.getSchema(), parameter.getName(), faults);
                values.put(parameter.getName(), value);
            } else if (parameter.isRequired()) {
                faults.add(new Problem.Field(parameter.getName(), "is required and was not given",
                        meaning(parameter.getSchema())));
            }
        }
        for (String name : context.queryParams().names()) {
            if (!inQuery.contains(name)) {
                faults.add(new Problem.Field(name, "is no parameter of this operation; nothing was filtered by it",
                        inQuery.isEmpty() ? "There are none." : "There are " + String.join(", ", inQuery) + "."));
            }
        }
        return values;
    }

    private static @Nullable String value(RoutingContext context, Parameter parameter, List<Problem.Field> faults) {
        if (parameter.getIn() == Location.PATH) {
            return context.pathParam(parameter.getName());
        }
        var given = context.queryParams().getAll(parameter.getName());
        if (given.size() > 1) {
            faults.add(new Problem.Field(parameter.getName(), "was given " + given.size() + " times", "Give it once."));
        }
        return given.isEmpty() ? null : given.getFirst();
    }

    private static Object typed(String value, Parameter parameter) {
        if (parameter.getSchemaType() != SchemaType.INTEGER) {
            return value;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            return value;
        }
    }

    private void check(Object value, JsonSchema schema, String name, List<Problem.Field> faults) {
        var result = schemas.validator(schema).validate(value);
        if (!Boolean.TRUE.equals(result.getValid())) {
            faults.addAll(Faults.of(result, schema, name));
        }
    }

    private static String meaning(JsonSchema schema) {
        return schema.get("description", "");
    }

    private static JsonObject parse(@Nullable Buffer body) throws JsonProcessingException {
        try {
            @SuppressWarnings("unchecked")
            Map<String, Object> object = STRICT.readValue(body == null ? new byte[0] : body.getBytes(), Map.class);
            return object == null ? new JsonObject() : new JsonObject(object);
        } catch (JsonProcessingException e) {
            throw e;
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory does not fail", e);
        }
    }

    private static String mediaType(RoutingContext context) {
        var header = context.request().getHeader("Content-Type");
        return header == null ? "" : header.toLowerCase(java.util.Locale.ROOT);
    }

    private static Problem unsupported(RoutingContext context) {
        return Problem.of(415, "unsupported_media_type", "The body is not JSON",
                "This operation reads application/json. Send the header Content-Type: application/json.");
    }

    private static Problem malformed(JsonProcessingException e) {
        var at = e.getLocation();
        var where = at == null || at.getLineNr() < 1
                ? ""
                : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
        return Problem.of(400, "malformed_json", "The body is not valid JSON",
                "The body could not be read as one JSON object without repeated names" + where
                        + ". Send one such as {\"id\": \"acme\"}.");
    }
}
