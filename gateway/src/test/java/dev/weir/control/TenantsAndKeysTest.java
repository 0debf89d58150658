package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TenantsAndKeysTest {
    private final RunningControlPlane plane = RunningControlPlane.start();

    @AfterEach
    void close() {
        plane.close();
    }

    private RunningControlPlane.Answer createTenant(String id, String plan) {
        return plane.post("/api/tenants", new JsonObject().put("id", id).put("plan", plan));
    }

    @Test
    void newTenantIsCreatedAndInForceAtOnce() {
        var answer = plane.post("/api/tenants",
                new JsonObject().put("id", "acme").put("plan", "pro").put("region", "eu-central-1"));
        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.json()).isEqualTo(
                new JsonObject().put("id", "acme").put("plan", "pro").put("region", "eu-central-1"));
        assertThat(plane.changes).hasValue(1);
        assertThat(plane.get("/api/tenants/acme").json()).isEqualTo(answer.json());
    }

    @Test
    void sameTenantAgainChangesNothing() {
        createTenant("acme", "pro");
        assertThat(createTenant("acme", "pro").status()).isEqualTo(200);
        assertThat(plane.changes).hasValue(1);
    }

    @Test
    void sameIdWithAnotherPlanIsAConflict() {
        createTenant("acme", "pro");
        var answer = createTenant("acme", "free");
        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.code()).isEqualTo("tenant_exists");
        assertThat(answer.json().getString("detail")).contains("'acme'").contains("pro");
        assertThat(plane.get("/api/tenants/acme").json().getString("plan")).isEqualTo("pro");
    }

    @Test
    void unknownTenantIsNotFound() {
        assertThat(plane.get("/api/tenants/nobody").status()).isEqualTo(404);
        assertThat(plane.get("/api/keys?tenant=nobody").status()).isEqualTo(404);
        assertThat(plane.post("/api/keys", new JsonObject().put("tenant", "nobody")).status()).isEqualTo(404);
        assertThat(plane.get("/api/costs/summary?tenant=nobody").status()).isEqualTo(404);
    }

    @Test
    void tenantsComeInPagesInOrder() {
        for (int i = 9; i >= 0; i--) {
            createTenant("t" + i, "free");
        }
        var seen = new ArrayList<String>();
        var uri = "/api/tenants?limit=4";
        while (true) {
            var page = plane.get(uri);
            page.items().forEach(item -> seen.add(((JsonObject) item).getString("id")));
            var next = page.json().getString("next");
            if (next == null) {
                break;
            }
            assertThat(page.items()).hasSize(4);
            uri = "/api/tenants?limit=4&cursor=" + next;
        }
        assertThat(seen).containsExactly("t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9");
    }

    @Test
    void pageThatEndsExactlyHasNoNext() {
        createTenant("a", "free");
        createTenant("b", "free");
        assertThat(plane.get("/api/tenants?limit=2").json().containsKey("next")).isFalse();
    }

    @Test
    void keyIsShownOnceAndStoredAsItsHash() {
        createTenant("acme", "pro");
        var made = plane.post("/api/keys", new JsonObject().put("tenant", "acme").put("user", "ann"));
        assertThat(made.status()).isEqualTo(201);
        var key = made.json().getString("key");
        assertThat(key).startsWith("wr_").endsWith(made.json().getString("last4"));
        assertThat(made.json().getString("user")).isEqualTo("ann");

        var listed = plane.get("/api/keys?tenant=acme");
        assertThat(listed.text()).contains(made.json().getString("id")).doesNotContain(key);
        assertThat(plane.store.allKeys()).hasSize(1);
        assertThat(plane.store.allKeys().toString()).doesNotContain(key);
    }

    @Test
    void revokedKeyIsInForceNoMoreWhenTheAnswerComes() {
        createTenant("acme", "pro");
        var id = plane.post("/api/keys", new JsonObject().put("tenant", "acme")).json().getString("id");
        int before = plane.changes.get();
        assertThat(plane.delete("/api/keys/" + id).status()).isEqualTo(204);
        assertThat(plane.changes).hasValue(before + 1);
        assertThat(plane.get("/api/keys?tenant=acme").items().getJsonObject(0).getBoolean("revoked")).isTrue();
        assertThat(plane.delete("/api/keys/" + id).status()).isEqualTo(204);
    }

    @Test
    void unknownKeyCannotBeRevoked() {
        assertThat(plane.delete("/api/keys/key_0").status()).isEqualTo(404);
    }
}
