package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ledger.Claimed;
import dev.weir.ledger.Claims;
import dev.weir.ledger.Reservation;
import dev.weir.postgres.Capacities;
import dev.weir.postgres.Capacities.Use;
import dev.weir.tenant.TenantId;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Measure;
import dev.weir.usage.Meter;
import dev.weir.tenant.Window;
import org.jspecify.annotations.Nullable;
import java.util.List;
import java.util.stream.Stream;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Limits, plans, quotas and capacity over HTTP: what is taken, what is refused and with which words.
class LimitsTest {
    private static final TenantId ACME = new TenantId("acme");
    private final RunningControlPlane plane = RunningControlPlane.start();

    @BeforeEach
    void makeTenant() {
        plane.post("/api/tenants", new JsonObject().put("id", "acme").put("plan", "free"));
        plane.changes.set(0);
    }

    @AfterEach
    void close() {
        plane.close();
    }

    static JsonObject limit(String id, String meter, String amount) {
        return planLimit(id, meter, amount).put("tenant", "acme");
    }

    private static JsonObject planLimit(String id, String meter, String amount) {
        return new JsonObject().put("id", id)
                .put("entity", new JsonObject().put("kind", "tenant").put("value", "*"))
                .put("meter", meter)
                .put("window", "day")
                .put("amount", amount)
                .put("action", "block");
    }

    @Test
    void aLimitIsMadeShownChangedAndDeleted() {
        var made = plane.post("/api/limits", limit("l1", "tokens", "1000"));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(made.json()).isEqualTo(limit("l1", "tokens", "1000").put("zone", "UTC")
                .put("alerts", new JsonArray().add(75).add(90).add(100))
                .put("source", "limits"));
        assertThat(plane.get("/api/limits/acme/l1").json()).isEqualTo(made.json());
        assertThat(plane.post("/api/limits", limit("l1", "tokens", "1000.0")).status()).isEqualTo(200);
        assertThat(plane.changes).hasValue(1);

        var change = new JsonObject().put("amount", "5").put("action", "notify").put("alerts", new JsonArray());
        assertThat(plane.patch("/api/limits/acme/l1", change).json()).isEqualTo(made.json().mergeIn(change));
        assertThat(plane.patch("/api/limits/acme/l2", change).status()).isEqualTo(404);
        assertThat(plane.delete("/api/limits/acme/l1").status()).isEqualTo(204);
        assertThat(plane.delete("/api/limits/acme/l1").status()).isEqualTo(404);
        assertThat(plane.changes).hasValue(3);
    }

    @Test
    void theSameIdWithOtherContentIsAConflict() {
        plane.post("/api/limits", limit("l1", "tokens", "1000"));
        for (var other : new JsonObject[]{limit("l1", "tokens", "1001"), limit("l1", "calls", "1000"),
            limit("l1", "tokens", "1000").put("zone", "Europe/Berlin")}) {
            var answer = plane.post("/api/limits", other);
            assertThat(answer.status()).as(other.encode()).isEqualTo(409);
            assertThat(answer.json().getString("detail")).contains("PATCH");
        }
    }

    @Test
    void aLimitOnRunsIsOneLikeOthersAndSaysHowManyItCanCount() {
        var runs = limit("r", "runs", "100").put("window", "minute");
        assertThat(plane.post("/api/limits", runs).status()).isEqualTo(201);
        assertThat(plane.store.rules.limit(ACME, "r").orElseThrow().limit())
                .isEqualTo(Limit.block("r", Entity.THE_TENANT, Measure.RUNS, Window.MINUTE, 100));
        var plan = new JsonObject().put("id", "gold").put("limits", new JsonArray().add(planLimit("g", "runs", "7")));
        assertThat(plane.post("/api/plans", plan).status()).isEqualTo(201);

        var tooMany = plane.post("/api/limits", limit("s", "runs", "1000001"));
        assertThat(tooMany.status()).isEqualTo(400);
        assertThat(tooMany.text()).contains("1000000");
        var tooFar = plane.post("/api/limits", limit("s", "runs", "600000").put("alerts", new JsonArray().add(200)));
        assertThat(tooFar.text()).contains("200 % of 600000");
        assertThat(plane.patch("/api/limits/acme/r", new JsonObject().put("amount", "1000001")).status())
                .isEqualTo(400);
    }

    @Test
    void anAmountOfCostIsInDollarsToThePico() {
        assertThat(plane.post("/api/limits", limit("c", "cost", "0.000000000001")).json().getString("amount"))
                .isEqualTo("0.000000000001");
        assertThat(plane.store.rules.limit(ACME, "c").orElseThrow().limit().amount()).isEqualTo(1);
        assertThat(plane.post("/api/limits", limit("d", "cost", "12.50")).json().getString("amount")).isEqualTo("12.5");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            meter    | spoons                  | tokens_in, tokens_out, tokens
            window   | decade                  | minute, hour, day, month, total
            action   | explode                 | block
            zone     | Mars/Base               | Mars/Base
            zone     | +00:07                  | quarters
            amount   | -1                      | decimal string
            amount   | 1.5                     | whole number
            amount   | 9000000000000000001     | 9000000000000000000
            id       | a b                     | A-Z a-z 0-9
            id       | monthly-total           | POST /quota
            id       | budget:daily            | POST /api/budgets
            id       | capacity-concurrency    | PUT /api/capacity
            id       | capacity-runs-per-minute | PUT /api/capacity
            meter    | tool_calls_requested    | never capped
            meter    | concurrency             | total
            tenant   | NOBODY                  | a-z 0-9
            """)
    void whatDoesNotFitIsRefusedWithWhatWould(String field, String value, String said) {
        var answer = plane.post("/api/limits", limit("l1", "tokens", "1").put(field, value));
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.text()).contains(said);
        assertThat(plane.changes).hasValue(0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            galaxy | *      | tenant, key, user, route, model, tag, run
            tag    | team   | key=value
            tenant | globex | never see
            """)
    void anEntityIsOfAKnownKindAndMeansSomebody(String kind, String value, String said) {
        var entity = new JsonObject().put("kind", kind).put("value", value);
        var answer = plane.post("/api/limits", limit("l1", "tokens", "1").put("entity", entity));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains(said);
    }

    @Test
    void limitsOfNobodyAreNotFound() {
        var answer = plane.post("/api/limits", limit("l1", "tokens", "1").put("tenant", "nobody"));
        assertThat(answer.status()).isEqualTo(404);
        assertThat(plane.get("/api/limits?tenant=nobody").status()).isEqualTo(404);
        assertThat(plane.get("/api/limits/acme/none").status()).isEqualTo(404);
        assertThat(plane.get("/api/limits?tenant=acme&cursor=WyJcdTAwMDAiXQ").status()).isEqualTo(400);
    }

    @Test
    void limitsComeInPagesInOrder() {
        for (int i = 4; i >= 0; i--) {
            plane.post("/api/limits", limit("l" + i, "calls", "1"));
        }
        var seen = new ArrayList<String>();
        String uri = "/api/limits?tenant=acme&limit=2";
        for (String next = ""; next != null;) {
            var page = plane.get(next.isEmpty() ? uri : uri + "&cursor=" + next);
            page.items().forEach(item -> seen.add(((JsonObject) item).getString("id")));
            next = page.json().getString("next");
        }
        assertThat(seen).containsExactly("l0", "l1", "l2", "l3", "l4");
    }

    @Test
    void aPlanIsMadeAndChangedFieldByField() {
        var gold = new JsonObject().put("id", "gold")
                .put("limits", new JsonArray().add(planLimit("g", "tokens", "7")))
                .put("forbids", new JsonArray().add("searches"))
                .put("at_limit", "convert")
                .put("converts_to", "pro");
        assertThat(plane.post("/api/plans", gold).status()).isEqualTo(201);
        assertThat(plane.post("/api/plans", gold).status()).isEqualTo(200);
        assertThat(plane.post("/api/plans", gold.copy().put("forbids", new JsonArray())).status()).isEqualTo(409);
        var changed = plane.patch("/api/plans/gold", new JsonObject().put("forbids", new JsonArray()));
        assertThat(changed.json().getString("converts_to")).isEqualTo("pro");
        assertThat(changed.json().getJsonArray("limits")).hasSize(1);
        assertThat(changed.json().getJsonArray("forbids")).isEmpty();
        var blocking = plane.patch("/api/plans/gold", new JsonObject().put("at_limit", "block"));
        assertThat(blocking.json().getValue("converts_to")).isNull();
        assertThat(plane.patch("/api/plans/none", new JsonObject().put("at_limit", "block")).status()).isEqualTo(404);
        assertThat(plane.get("/api/plans").items()).hasSize(5);
    }

    @Test
    void aPlanDoesNotConvertToNothingOrInACircle() {
        var toPro = new JsonObject().put("at_limit", "convert").put("converts_to", "pro");
        assertThat(plane.patch("/api/plans/trial", toPro).status()).isEqualTo(200);
        assertThat(plane.patch("/api/plans/pro", toPro.copy().put("converts_to", "trial")).text()).contains("circle");
        assertThat(plane.patch("/api/plans/pro", toPro.copy().put("converts_to", "gold")).text())
                .contains("free, pro, trial");
        assertThat(plane.patch("/api/plans/pro", toPro).text()).contains("itself");
        assertThat(plane.patch("/api/plans/pro", new JsonObject().put("at_limit", "convert")).text())
                .contains("needs converts_to");
    }

    @Test
    void aTenantIsPutOnAnotherPlanThatThereIs() {
        var moved = plane.patch("/api/tenants/acme", new JsonObject().put("plan", "pro"));
        assertThat(moved.json().getString("plan")).isEqualTo("pro");
        assertThat(plane.changes).hasValue(1);
        var unknown = plane.patch("/api/tenants/acme", new JsonObject().put("plan", "gold"));
        assertThat(unknown.status()).isEqualTo(400);
        assertThat(unknown.text()).contains("enterprise, free, pro, trial");
        var born = plane.post("/api/tenants", new JsonObject().put("id", "globex").put("plan", "gold"));
        assertThat(born.status()).isEqualTo(400);
        assertThat(plane.patch("/api/tenants/nobody", new JsonObject().put("plan", "pro")).status()).isEqualTo(404);
    }

    @Test
    void aQuotaSaysWhereItStands() {
        assertThat(plane.get("/quota/acme").json()).isEqualTo(quota(null, 0, 0, null));
        var set = plane.post("/quota", new JsonObject().put("tenant_id", "acme").put("monthly_total_limit", 3));
        assertThat(set.json()).isEqualTo(quota(3, 0, 0, 3));
        var limit = plane.store.rules.limit(ACME, QuotaResource.ID).orElseThrow().limit();
        Supplier<Claims> claims = () -> Claims.fixed(ACME, RunningControlPlane.NOW).add(limit, "acme", 1);
        plane.ledger.settle((Reservation) plane.ledger.reserve(claims.get()), measure -> 1);
        var running = (Reservation) plane.ledger.reserve(claims.get());
        assertThat(plane.get("/quota/acme").json()).isEqualTo(quota(3, 1, 1, 1));

        var lower = plane.post("/quota", new JsonObject().put("tenant_id", "acme").put("monthly_total_limit", 1));
        assertThat(lower.json()).isEqualTo(quota(1, 1, 1, 0));
        assertThat(plane.patch("/api/limits/acme/monthly-total", new JsonObject().put("amount", "9")).text())
                .contains("POST /quota");
        assertThat(plane.delete("/api/limits/acme/monthly-total").status()).isEqualTo(409);
        plane.post("/quota", new JsonObject().put("tenant_id", "acme").putNull("monthly_total_limit"));
        assertThat(plane.store.rules.limits(ACME, "", 9)).isEmpty();
        var nobody = new JsonObject().put("tenant_id", "nobody").put("monthly_total_limit", 3);
        assertThat(plane.post("/quota", nobody).status()).isEqualTo(404);
        plane.ledger.release(running);
    }

    private static JsonObject quota(@Nullable Integer limit, int used, int reserved,
            @Nullable Integer remaining) {
        return new JsonObject().put("tenant_id", "acme")
                .put("limit", limit)
                .put("used", used)
                .put("reserved", reserved)
                .put("remaining", remaining)
                .put("reset", "2026-04-01T00:00:00Z");
    }

    @Test
    void theMeteringServiceAsksForTheGovernanceHeader() {
        var without = Map.of("X-Weir-Admin-Key", RunningControlPlane.ADMIN_KEY);
        var other = Map.of("X-Weir-Admin-Key", RunningControlPlane.ADMIN_KEY, "X-Constitutional-Hash", "0");
        assertThat(plane.send(HttpMethod.GET, "/quota/acme", Map.of(), null).status()).as("who comes first")
                .isEqualTo(401);
        for (var headers : List.of(without, other)) {
            var answer = plane.send(HttpMethod.GET, "/quota/acme", headers, null);
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.code()).isEqualTo("governance_hash");
            assertThat(answer.text()).contains("X-Constitutional-Hash").doesNotContain("cdd01ef066bc6cf2");
        }
        assertThat(plane.send(HttpMethod.GET, "/api/limits?tenant=acme", without, null).status()).isEqualTo(200);
        var open = RunningControlPlane.LOOPBACK.withGovernanceHash(Optional.empty());
        try (var unasked = RunningControlPlane.start(open)) {
            assertThat(unasked.send(HttpMethod.GET, "/quota/nobody", without, null).status()).isEqualTo(404);
        }
    }

    @Test
    void capacityIsShownBesideWhatIsUsedOfIt() {
        var bought = new JsonObject().put("runs_per_minute", 6).put("writes_per_day", 10).put("retention_tier", "gold");
        assertThat(plane.put("/api/capacity/acme", bought).status()).isEqualTo(200);
        plane.store.rules.used.put(ACME, new Use(4, 5, 2, 3));
        var writes = Limit.block(Capacities.WRITES_ID, Entity.THE_TENANT,
                Measure.of(Meter.WRITES), Window.DAY, 10);
        plane.ledger.charge(ACME, writes, "acme", RunningControlPlane.NOW, 7);
        var running = (Reservation) plane.ledger
                .reserve(Claims.fixed(ACME, RunningControlPlane.NOW).add(writes, "acme", 1));

        var runs = Limit.block(Capacities.RUNS_ID, Entity.THE_TENANT, Measure.RUNS, Window.MINUTE, 6);
        plane.ledger.begin(ACME, runs, "acme", RunningControlPlane.NOW, List.of("a"));
        List<Claimed> ofOneRun = Stream.generate(() -> Claims.fixed(ACME, RunningControlPlane.NOW).ofRun("b"))
                .limit(2)
                .map(claims -> plane.ledger.reserve(claims.add(runs, "acme", 1)))
                .toList();

        var shown = plane.get("/api/capacity/acme").json();
        assertThat(shown.getJsonObject("runs_per_minute")).isEqualTo(
                new JsonObject().put("purchased", 6).put("used", 2));
        assertThat(shown.getJsonObject("concurrency")).isEqualTo(
                new JsonObject().putNull("purchased").putNull("used"));
        assertThat(shown.getJsonObject("writes_per_day")).isEqualTo(new JsonObject().put("purchased", 10)
                .put("used", 8)
                .put("attempted", 10)
                .put("allowed", 5)
                .put("failed", 2)
                .put("denied", 3));
        assertThat(shown.getString("retention_tier")).isEqualTo("gold");
        assertThat(plane.get("/api/capacity").items()).containsExactly(shown);
        assertThat(plane.put("/api/capacity/nobody", bought).status()).isEqualTo(404);
        assertThat(plane.get("/api/capacity/nobody").status()).isEqualTo(404);
        for (var wrong : List.of(new JsonObject().put("concurrency", -1),
                new JsonObject().put("runs_per_minute", 1_000_001))) {
            assertThat(plane.put("/api/capacity/acme", wrong).status()).isEqualTo(400);
        }
        plane.put("/api/capacity/acme", new JsonObject());
        assertThat(plane.get("/api/capacity/acme").json().getJsonObject("runs_per_minute"))
                .as("without a limit, by events")
                .isEqualTo(new JsonObject().putNull("purchased").put("used", 4));
        plane.ledger.release(running);
        ofOneRun.forEach(call -> plane.ledger.release((Reservation) call));
    }
}
