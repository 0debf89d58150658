package dev.weir.control;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIContract;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The OpenAPI document, read and checked: its operations and who may call each. Immutable.
final class Contract {
    private static final String RESOURCE = "openapi.yaml";

    private final OpenAPIContract document;
    private final Buffer source;
    private final Map<String, Access> access = new HashMap<>();

    private Contract(OpenAPIContract document, Buffer source) {
        this.document = document;
        this.source = source;
        for (var operation : document.operations()) {
            var declared = operation.getOpenAPIModel().getJsonArray("x-weir-roles", new JsonArray());
            access.put(operation.getOperationId(), Access.of(declared.getList(), operation.getOperationId()));
        }
    }

    static Future<Contract> load(Vertx vertx) {
        return vertx.fileSystem()
                .readFile(RESOURCE)
                .compose(source -> OpenAPIContract.from(vertx, forRouting(parse(source)))
                        .map(document -> new Contract(document, source)));
    }

    @SuppressWarnings("unchecked")
    private static JsonObject parse(Buffer source) {
        try {
            return new JsonObject((Map<String, Object>) new YAMLMapper().readValue(source.getBytes(), Map.class));
        } catch (IOException e) {
            throw new IllegalStateException(RESOURCE + " is not YAML: " + e.getMessage(), e);
        }
    }

    /// What the library's router needs of the document. It knows few media types and refuses the rest, though it does not
    /// look at answers; and it would put its own authentication before ours.
    private static JsonObject forRouting(JsonObject document) {
        document.remove("security");
        for (var path : document.getJsonObject("paths")) {
            for (var entry : (JsonObject) path.getValue()) {
                var operation = (JsonObject) entry.getValue();
                operation.remove("security");
                for (var response : operation.getJsonObject("responses")) {
                    ((JsonObject) response.getValue()).remove("content");
                }
            }
        }
        return document;
    }

    OpenAPIContract document() {
        return document;
    }

    /// The document as it is served.
    Buffer source() {
        return source;
    }

    Access access(String operationId) {
        var declared = access.get(operationId);
        if (declared == null) {
            throw new IllegalStateException("the document has no operation " + operationId);
        }
        return declared;
    }

    /// The methods a path answers to, in alphabetical order; empty where there is no such path.
    List<String> methods(String path) {
        var found = document.findPath(path);
        return found == null
                ? List.of()
                : found.getOperations()
                        .stream()
                        .map(operation -> operation.getHttpMethod())
                        .map(HttpMethod::name)
                        .sorted()
                        .collect(Collectors.toList());
    }
}
