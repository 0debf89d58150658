package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.postgres.AlertRow.State;
import dev.weir.tenant.TenantId;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BudgetsAndAlertsTest {
    private static final String HOOK = "https://hooks.example.com/weir?token=1";
    private final RunningControlPlane plane = RunningControlPlane.start();

    @BeforeEach
    void tenant() {
        plane.post("/api/tenants", new JsonObject().put("id", "acme").put("plan", "pro"));
        plane.changes.set(0);
    }

    @AfterEach
    void close() {
        plane.close();
    }

    private static JsonObject daily() {
        return new JsonObject().put("id", "daily").put("tenant", "acme").put("period", "daily").put("limit", "10.50");
    }

    private RunningControlPlane.Answer put(JsonObject body) {
        var headers = new HashMap<>(RunningControlPlane.admin());
        headers.put("Content-Type", "application/json");
        return plane.send(HttpMethod.PUT, "/api/budgets/daily?tenant=acme", headers, body.encode());
    }

    @Test
    void aBudgetHasTheUsualAlertsAndIsInForceAtOnce() {
        var answer = plane.post("/api/budgets", daily());

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.json()).isEqualTo(new JsonObject(
                """
                        {"id": "daily", "tenant": "acme", "entity": {"kind": "tenant", "value": "*"}, "period": "daily", "zone": "UTC",
                         "limit": "10.5", "currency": "USD",
                         "alerts": [{"percent": 75, "actions": ["notify"]}, {"percent": 90, "actions": ["notify", "log"]},
                          {"percent": 100, "actions": ["notify", "block"]}],
                         "webhook": null, "created_at": "2026-03-14T09:26:53Z", "value": null, "spent": "0", "reserved": "0",
                         "remaining": "10.5", "percent": 0.00, "reset": null}"""));
        assertThat(plane.changes).hasValue(1);
        assertThat(plane.get("/api/budgets/daily?tenant=acme").json()).isEqualTo(answer.json());
    }

    @Test
    void aDailyAndAMonthlyBudgetStandBesideEachOther() {
        assertThat(plane.post("/api/budgets", daily()).status()).isEqualTo(201);
        assertThat(plane.post("/api/budgets", daily().put("id", "monthly").put("period", "monthly")).status())
                .isEqualTo(201);
        assertThat(plane.get("/api/budgets?tenant=acme").items()).hasSize(2);
    }

    @Test
    void theSameAgainChangesNothingAndAnotherContentIsAConflict() {
        plane.post("/api/budgets", daily());
        assertThat(plane.post("/api/budgets", daily().put("limit", 10.5)).status()).isEqualTo(200);
        assertThat(plane.changes).hasValue(1);
        assertThat(plane.post("/api/budgets", daily().put("limit", "11")).code()).isEqualTo("budget_exists");
    }

    @Test
    void theSecretIsShownOnceAndNeverAgain() {
        var made = plane.post("/api/budgets", daily().put("webhook", new JsonObject().put("url", HOOK)));
        String secret = made.json().getJsonObject("webhook").getString("secret");

        assertThat(secret).matches("whsec_[A-Za-z0-9+/]{32}");
        assertThat(plane.budgets.webhook("acme", "daily")).isEqualTo(new BudgetAdmin.Webhook.Signed(HOOK, secret));
        for (var answer : List.of(plane.get("/api/budgets/daily?tenant=acme"), plane.get("/api/budgets"),
                plane.post("/api/budgets", daily().put("webhook", new JsonObject().put("url", HOOK))))) {
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).contains("hooks.example.com").doesNotContain("secret").doesNotContain(secret);
        }
    }

    @Test
    void aChangeKeepsTheSecretUnlessANewOneIsAskedFor() {
        var hook = new JsonObject().put("url", HOOK);
        plane.post("/api/budgets", daily().put("webhook", hook));
        var first = plane.budgets.webhook("acme", "daily");
        var change = new JsonObject().put("period", "daily").put("limit", "20").put("webhook", hook);

        assertThat(put(change).json().getJsonObject("webhook").fieldNames()).containsExactly("url");
        assertThat(plane.budgets.webhook("acme", "daily")).isEqualTo(first);
        var rotated = put(change.copy().put("webhook", hook.copy().put("rotate_secret", true))).json();
        assertThat(rotated.getJsonObject("webhook").getString("secret")).startsWith("whsec_");
        assertThat(plane.budgets.webhook("acme", "daily")).isNotEqualTo(first);
        assertThat(put(new JsonObject().put("period", "daily").put("limit", "20")).json().getValue("webhook")).isNull();
        assertThat(plane.changes).hasValue(4);
    }

    @Test
    void whereItStandsIsShown() {
        plane.post("/api/budgets", daily().put("limit", "10"));
        plane.budgets.spentPicos.put("daily", 9_999_999_999_999L);

        var shown = plane.get("/api/budgets/daily?tenant=acme").json();

        assertThat(shown.getString("spent")).isEqualTo("9.999999999999");
        assertThat(shown.getString("remaining")).isEqualTo("0.000000000001");
        assertThat(shown.getDouble("percent")).as("100 is not shown before it is reached").isEqualTo(99.99);
        assertThat(shown.getString("reset")).isEqualTo("2026-03-15T00:00:00Z");
    }

    @ParameterizedTest(name = "{0} = {1}: {2} {3}")
    @CsvSource(delimiter = '|', value = {"currency | \"EUR\" | /currency | USD",
        "limit | \"-1\" | /limit | dollars", "limit | \"0.0000000000001\" | /limit | dollars",
        "limit | 1e-13 | /limit | 12 decimals", "limit | \"9000001\" | /alerts | 9000000",
        "period | \"weekly\" | /period | daily or monthly", "zone | \"Mars/Base\" | /zone | time zone",
        "entity | {\"kind\":\"tag\",\"value\":\"x\"} | /entity | key=value",
        "alerts | [{\"percent\":90,\"actions\":[\"block\"]}] | /alerts | 100 %",
        "alerts | [{\"percent\":90,\"actions\":[\"notify\"]},{\"percent\":80,\"actions\":[\"log\"]}] | /alerts | rise",
        "webhook | {\"url\":\"http://hooks.example.com\"} | /webhook/url | without TLS",
        "webhook | {\"url\":\"https://10.0.0.1/x\"} | /webhook/url | private network",
        "webhook | {\"url\":\"https://u:p@hooks.example.com\"} | /webhook/url | password"})
    void whatIsNoBudgetIsRefusedWithTheReason(String field, String value, String at, String reason) {
        var body = new JsonObject("{\"value\": " + value + "}").getValue("value");
        var answer = plane.post("/api/budgets", daily().put(field, body));

        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        var error = answer.json().getJsonArray("errors").getJsonObject(0);
        assertThat(error.getString("field")).as(answer.text()).startsWith(at);
        assertThat(error.encode()).contains(reason);
    }

    @Test
    void aBudgetWithoutBlockNeverBlocks() {
        var soft = new JsonArray()
                .add(new JsonObject().put("percent", 100).put("actions", new JsonArray().add("notify")));
        assertThat(plane.post("/api/budgets", daily().put("alerts", soft)).status()).isEqualTo(201);
        assertThat(plane.budgets.budget(new TenantId("acme"), "daily").orElseThrow().budget().toLimit().blocks())
                .isFalse();
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThat(plane.post("/api/budgets", daily().put("tenant", "nobody")).status()).isEqualTo(404);
        assertThat(plane.get("/api/budgets/none?tenant=acme").status()).isEqualTo(404);
        assertThat(put(new JsonObject().put("period", "daily").put("limit", "1")).status()).isEqualTo(404);
        assertThat(plane.delete("/api/budgets/none?tenant=acme").status()).isEqualTo(404);
        assertThat(
                plane.send(HttpMethod.POST, "/api/alerts/none/redeliver", RunningControlPlane.admin(), null).status())
                .isEqualTo(404);
        assertThat(plane.get("/api/budgets?tenant=nobody").status()).isEqualTo(404);
    }

    @Test
    void aDeletedBudgetIsInForceNoMore() {
        plane.post("/api/budgets", daily());
        assertThat(plane.delete("/api/budgets/daily?tenant=acme").status()).isEqualTo(204);
        assertThat(plane.changes).hasValue(2);
        assertThat(plane.get("/api/budgets").items()).isEmpty();
    }

    @Test
    void aTestNeedsAWebhookAndSaysWhatCameOfIt() {
        plane.post("/api/budgets", daily());
        var uri = "/api/budgets/daily/test?tenant=acme";
        assertThat(plane.send(HttpMethod.POST, uri, RunningControlPlane.admin(), null).code()).isEqualTo("no_webhook");
        put(new JsonObject().put("period", "daily")
                .put("limit", "1")
                .put("webhook", new JsonObject().put("url", HOOK)));
        var answer = plane.send(HttpMethod.POST, uri, RunningControlPlane.admin(), null);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().getBoolean("test")).isTrue();
        assertThat(answer.json().getJsonObject("delivery").getString("state")).isEqualTo("delivered");
    }

    @Test
    void listsComeInPages() {
        plane.post("/api/budgets", daily());
        var budget = plane.budgets.budget(new TenantId("acme"), "daily").orElseThrow().budget();
        for (int i = 0; i < 5; i++) {
            plane.post("/api/budgets", daily().put("id", "b" + i));
            plane.budgets.alerts.add(InMemoryBudgets.alert("alert_" + i, budget, 75, false,
                    i == 3 ? State.DEAD : State.PENDING));
        }
        assertThat(ids("/api/budgets")).containsExactly("b0", "b1", "b2", "b3", "b4", "daily");
        assertThat(ids("/api/alerts")).containsExactly("alert_4", "alert_3", "alert_2", "alert_1", "alert_0");
        assertThat(plane.get("/api/alerts?state=dead").items()).hasSize(1);
    }

    private List<String> ids(String list) {
        var seen = new ArrayList<String>();
        for (var uri = list + "?limit=2"; uri != null;) {
            var page = plane.get(uri);
            page.items().forEach(item -> seen.add(((JsonObject) item).getString("id")));
            var next = page.json().getString("next");
            uri = next == null ? null : list + "?limit=2&cursor=" + next;
        }
        return seen;
    }

    @Test
    void aDeadLetterIsSentAgainAndOneOnItsWayIsNot() {
        plane.post("/api/budgets", daily());
        var budget = plane.budgets.budget(new TenantId("acme"), "daily").orElseThrow().budget();
        plane.budgets.alerts.add(InMemoryBudgets.alert("alert_dead", budget, 75, false, State.DEAD));
        plane.budgets.alerts.add(InMemoryBudgets.alert("alert_sent", budget, 90, false, State.PENDING));

        var again = plane.send(HttpMethod.POST, "/api/alerts/alert_dead/redeliver", RunningControlPlane.admin(), null);

        assertThat(again.json().getJsonObject("delivery").getString("state")).isEqualTo("pending");
        assertThat(plane.send(HttpMethod.POST, "/api/alerts/alert_sent/redeliver", RunningControlPlane.admin(), null)
                .code()).isEqualTo("not_redeliverable");
    }
}
