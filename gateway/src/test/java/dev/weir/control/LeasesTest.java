package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.lease.LeaseKey;
import dev.weir.postgres.LeaseRows.Lease;
import dev.weir.postgres.PostgresLeases.Forfeiture;
import dev.weir.postgres.PostgresLeases.Freed;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window.Span;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeasesTest {
    private static final Instant NOW = RunningControlPlane.NOW;
    private static final Span DAY = new Span(Instant.parse("2026-03-14T00:00:00Z"),
            Instant.parse("2026-03-15T00:00:00Z"));

    private final RunningControlPlane plane = RunningControlPlane.start();

    @AfterEach
    void close() {
        plane.close();
    }

    @Test
    void leasesComeInPagesByNode() {
        plane.leases.add(new Lease("n0", 0, null, null, key("bob", Span.ALWAYS), 5, 0, 5));
        plane.leases.add(new Lease("n1", 7, NOW, NOW.plusSeconds(900), key("ann", DAY), 800, 20, 600));
        plane.leases.add(new Lease("n1", 7, NOW, NOW.plusSeconds(900), key("bob", Span.ALWAYS), 1, 0, 0));

        var first = plane.get("/api/leases?limit=1");
        assertThat(first.items().getJsonObject(0)).isEqualTo(new JsonObject("""
                {"node":"n0","epoch":0,"spoken_at":null,"spends_until":null,"tenant":"acme","limit":"daily",
                 "scope":"tokens/day/Z/user","value":"bob","starts":null,"ends":null,"lent":5,"lost":0,"used":5}"""));
        var second = plane.get("/api/leases?limit=2&cursor=" + first.json().getString("next"));
        assertThat(second.items()).hasSize(2);
        assertThat(second.items().getJsonObject(0)).isEqualTo(new JsonObject("""
                {"node":"n1","epoch":7,"spoken_at":"2026-03-14T09:26:53Z","spends_until":"2026-03-14T09:41:53Z",
                 "tenant":"acme","limit":"daily","scope":"tokens/day/Z/user","value":"ann",
                 "starts":"2026-03-14T00:00:00Z","ends":"2026-03-15T00:00:00Z","lent":800,"lost":20,"used":600}"""));
        assertThat(second.json().containsKey("next")).isFalse();
    }

    @Test
    void aCursorHoldsTheLongestNamesAndOneOfAnotherListIsRefused() {
        plane.leases.add(new Lease("n1", 7, NOW, NOW, key("名".repeat(128), Span.ALWAYS), 1, 0, 0));
        plane.leases.add(new Lease("n1", 7, NOW, NOW, key("ann", DAY), 1, 0, 0));
        var first = plane.get("/api/leases?limit=1");
        assertThat(plane.get("/api/leases?cursor=" + first.json().getString("next")).items()).hasSize(1);
        assertThat(plane.get("/api/leases?cursor=WyJhIl0").status()).isEqualTo(400);
        assertThat(plane.get("/api/leases?cursor=WyJhIiwiYiIsImMiLCJkIiwiZSIsImYiXQ").status()).isEqualTo(400);
    }

    @Test
    void whatAForfeitedNodeHeldIsSetFree() {
        plane.forfeiture = new Forfeiture.SetFree(List.of(new Freed(key("ann", DAY), 220)));
        var answer = plane.post("/api/leases/forfeit", "{\"node\":\"n1\"}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json()).isEqualTo(new JsonObject("""
                {"node":"n1","set_free":[{"tenant":"acme","limit":"daily","scope":"tokens/day/Z/user","value":"ann",
                 "starts":"2026-03-14T00:00:00Z","ends":"2026-03-15T00:00:00Z","amount":220}]}"""));
    }

    @Test
    void aNodeThatMaySpendOrThatNobodyKnowsIsNotForfeited() {
        plane.forfeiture = new Forfeiture.StillSpends("node n1 may spend");
        var refused = plane.post("/api/leases/forfeit", "{\"node\":\"n1\"}");
        assertThat(refused.status() + " " + refused.code()).isEqualTo("409 leases_in_use");
        assertThat(refused.json().getString("detail")).contains("node n1 may spend");
        plane.forfeiture = new Forfeiture.NoSuchNode("no node n7");
        assertThat(plane.post("/api/leases/forfeit", "{\"node\":\"n7\"}").status()).isEqualTo(404);
        assertThat(plane.post("/api/leases/forfeit", "{\"node\":\"\"}").status()).isEqualTo(400);
        assertThat(plane.post("/api/leases/forfeit", "{}").status()).isEqualTo(400);
    }

    @Test
    void onlyWhoHasACredentialSeesOrForfeits() {
        assertThat(plane.send(HttpMethod.GET, "/api/leases", Map.of(), null).status()).isEqualTo(401);
        assertThat(plane.send(HttpMethod.POST, "/api/leases/forfeit", Map.of("Content-Type", "application/json"),
                "{\"node\":\"n1\"}").status()).isEqualTo(401);
    }

    private static LeaseKey key(String user, Span span) {
        return new LeaseKey(new TenantId("acme"), "daily", "tokens/day/Z/user", user, span);
    }
}
