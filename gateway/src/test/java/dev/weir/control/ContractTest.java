package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.weir.postgres.AdminActions;
import dev.weir.postgres.AlertRow;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.Validator;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The document and the server say the same.
class ContractTest {
    private static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "PATCH", "DELETE");

    @Test
    void documentIsServedAsItLies() throws Exception {
        try (var plane = RunningControlPlane.start(); var file = resource()) {
            var answer = plane.get("/openapi.yaml");
            assertThat(answer.headers()).containsEntry("content-type", "application/yaml");
            assertThat(answer.text().getBytes(java.nio.charset.StandardCharsets.UTF_8)).isEqualTo(file.readAllBytes());
        }
    }

    @Test
    void everyDocumentedOperationIsRoutedAndNoOther() throws Exception {
        try (var plane = RunningControlPlane.start()) {
            for (var path : document().getJsonObject("paths")) {
                var documented = new TreeSet<String>();
                ((JsonObject) path.getValue()).fieldNames().forEach(method -> documented.add(method.toUpperCase()));
                var uri = path.getKey().replace("{id}", "some-id").replace("{tenant}", "acme");
                for (String method : METHODS) {
                    var answer = plane.send(HttpMethod.valueOf(method), uri, RunningControlPlane.admin(), null);
                    if (documented.contains(method)) {
                        assertThat(answer.status()).as(method + " " + uri).isNotIn(405, 500, 501);
                    } else {
                        assertThat(answer.status()).as(method + " " + uri).isEqualTo(405);
                        assertThat(answer.headers().get("allow")).isEqualTo(String.join(", ", documented));
                    }
                }
            }
        }
    }

    @Test
    void everyOperationDeclaresWhoMayCallIt() throws Exception {
        for (var path : document().getJsonObject("paths")) {
            for (var operation : (JsonObject) path.getValue()) {
                var roles = ((JsonObject) operation.getValue()).getJsonArray("x-weir-roles");
                assertThat(roles).as(operation.getKey() + " " + path.getKey()).isNotNull();
                assertThat(Access.of(roles.getList(), path.getKey())).isNotNull();
            }
        }
    }

    @Test
    void onlyAdministratorsWrite() throws Exception {
        for (var path : document().getJsonObject("paths")) {
            for (var operation : (JsonObject) path.getValue()) {
                if (!operation.getKey().equals("get")) {
                    assertThat(((JsonObject) operation.getValue()).getJsonArray("x-weir-roles").getList())
                            .as(operation.getKey() + " " + path.getKey())
                            .isEqualTo(List.of("admin"));
                }
            }
        }
    }

    @Test
    void resourceThatIsMissingKeepsItFromStarting() {
        var vertx = Vertx.vertx();
        try {
            var options = RunningControlPlane.LOOPBACK;
            assertThatThrownBy(() -> ControlPlane
                    .start(vertx, options, AdminKey.of(RunningControlPlane.ADMIN_KEY), List.of())
                    .await()).hasMessageContaining("documented and not served").hasMessageContaining("createTenant");
        } finally {
            vertx.close().await();
        }
    }

    @Test
    void answersHaveTheDocumentedForm() throws Exception {
        try (var plane = RunningControlPlane.start()) {
            plane.store.add(SampleEvents.full());
            plane.store.add(SampleEvents.refusal());
            var tenant = plane.post("/api/tenants", "{\"id\":\"acme\",\"plan\":\"pro\",\"region\":null}");
            var key = plane.post("/api/keys", "{\"tenant\":\"acme\"}");
            var limit = plane.post("/api/limits", LimitsTest.limit("l", "cost", "1.5"));
            var quota = plane.post("/quota", "{\"tenant_id\":\"acme\",\"monthly_total_limit\":5}");
            var capacity = plane.put("/api/capacity/acme", new JsonObject().put("concurrency", 3));
            plane.store.rules.actions.add(new AdminActions.Action(1, RunningControlPlane.NOW, "ann", "limit.create",
                    "", "l", null, limit.json()));
            var budget = plane.post("/api/budgets", "{\"id\":\"b\",\"tenant\":\"acme\",\"period\":\"daily\",\"limit\":"
                    + "\"1\",\"webhook\":{\"url\":\"https://hooks.example.com\"}}");
            plane.budgets.alerts.add(InMemoryBudgets.alert("alert_1",
                    plane.budgets.budgets(null, null, 1).getFirst().budget(), 75, false,
                    AlertRow.State.DEAD));
            var problem = plane.post("/api/tenants", "{\"id\":\"A\"}");
            var schemas = new HashMap<>(Map.of("Limit", limit.json(), "Quota", quota.json(), "Capacity",
                    capacity.json(), "Plan", plane.get("/api/plans/free").json(), "AdminAction",
                    plane.get("/api/admin-actions").items().getJsonObject(0)));
            schemas.putAll(Map.of("Tenant", tenant.json(), "KeyWithSecret", key.json(), "Key",
                    plane.get("/api/keys?tenant=acme").items().getJsonObject(0), "Event",
                    plane.get("/api/events?outcome=ok").items().getJsonObject(0), "CostSummary",
                    plane.get("/api/costs/summary?tenant=acme&groupBy=model").json(), "Health",
                    plane.get("/health/ready").json(), "Problem", problem.json()));
            schemas.put("Budget", budget.json());
            schemas.put("Alert", plane.get("/api/alerts").items().getJsonObject(0));
            for (var each : schemas.entrySet()) {
                var result = validator(each.getKey()).validate(each.getValue());
                assertThat(result.getErrors() == null || Boolean.TRUE.equals(result.getValid()))
                        .as(each.getKey() + ": " + result.toJson() + " " + each.getValue())
                        .isTrue();
            }
            var refused = plane.get("/api/events?outcome=refused").items().getJsonObject(0);
            assertThat(validator("Event").validate(refused).getValid()).as(refused.encodePrettily()).isTrue();
        }
    }

    @Test
    void theDocumentKnowsEveryMeterWindowAndKind() throws Exception {
        assertThat(values("Meter")).isEqualTo(Arrays.stream(Meter.values()).map(Meter::id).toList());
        assertThat(values("Measure")).hasSize(Meter.values().length + 2).allMatch(id -> Measure.byId(id).isPresent());
        assertThat(values("Window")).isEqualTo(Arrays.stream(Window.values()).map(Window::id).toList());
        var kinds = schema("Entity").getJsonObject("properties").getJsonObject("kind");
        assertThat(kinds.getJsonArray("enum").getList())
                .isEqualTo(Arrays.stream(Entity.Kind.values()).map(Entity.Kind::id).toList());
        for (String name : List.of("Meter", "Measure", "Window")) {
            assertThat(schema(name).getString("description")).as("what a client is told").contains(values(name));
        }
    }

    private static List<String> values(String schema) throws Exception {
        return schema(schema).getJsonArray("enum").stream().map(String.class::cast).toList();
    }

    private static JsonObject schema(String name) throws Exception {
        return document().getJsonObject("components").getJsonObject("schemas").getJsonObject(name);
    }

    @Test
    void everyFieldOfAnEventIsDocumented() throws Exception {
        try (var plane = RunningControlPlane.start()) {
            plane.store.add(SampleEvents.full());
            var shown = plane.get("/api/events").items().getJsonObject(0).fieldNames();
            var schema = document().getJsonObject("components").getJsonObject("schemas").getJsonObject("Event");
            assertThat(shown).isEqualTo(schema.getJsonObject("properties").fieldNames());
        }
    }

    /// The named schema with all it refers to.
    private static Validator validator(String name) throws Exception {
        var text = document().getJsonObject("components").getJsonObject("schemas").encode();
        var schemas = new JsonObject(text.replace("#/components/schemas/", "#/$defs/"));
        var schema = new JsonObject().put("$ref", "#/$defs/" + name).put("$defs", schemas);
        return Validator.create(JsonSchema.of(schema), new JsonSchemaOptions().setDraft(Draft.DRAFT202012)
                .setBaseUri("app://")
                .setOutputFormat(OutputFormat.Basic));
    }

    @SuppressWarnings("unchecked")
    private static JsonObject document() throws Exception {
        try (var file = resource()) {
            return new JsonObject((Map<String, Object>) new YAMLMapper().readValue(file, Map.class));
        }
    }

    private static java.io.InputStream resource() {
        return java.util.Objects.requireNonNull(ContractTest.class.getResourceAsStream("/openapi.yaml"));
    }
}
