package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.control.EventQueries.Filter;
import dev.weir.control.EventQueries.Position;
import dev.weir.control.EventQueries.StoredEvent;
import dev.weir.event.EventId;
import dev.weir.postgres.EmbeddedPostgres;
import dev.weir.postgres.Postgres;
import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import dev.weir.tenant.ApiKeyHash;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// PostgreSQL answers the control plane's questions as a plain fold over lists does.
///
/// The tests share one database and one oracle, which knows all that any of them has stored.
class StoredControlIT {
    private static final long SEED = Long.getLong("weir.seed", 4711);
    private static final Vertx VERTX = Vertx.vertx();
    private static final InMemoryStore ORACLE = new InMemoryStore();

    @TempDir
    static Path folder;

    private static EmbeddedPostgres server;
    private static Postgres postgres;
    private static StoredTenants tenants;
    private static StoredUsage usage;

    private final Random random = new Random(SEED);

    @BeforeAll
    static void start() throws Exception {
        server = EmbeddedPostgres.start(folder);
        postgres = Postgres.open(VERTX, server.database());
        tenants = new StoredTenants(postgres);
        usage = new StoredUsage(postgres);
    }

    @AfterAll
    static void stop() {
        postgres.close();
        server.close();
        VERTX.close().await();
    }

    @Test
    void tenantsAndKeysAreAnsweredForAsInMemory() {
        for (int step = 0; step < 300; step++) {
            var as = "seed %d, step %d".formatted(SEED, step);
            switch (random.nextInt(5)) {
                case 0 -> {
                    var tenant = tenant();
                    assertThat(tenants.create(tenant)).as(as).isEqualTo(ORACLE.create(tenant));
                }
                case 1 -> {
                    var key = key(step);
                    assertThat(tenants.add(key)).as(as).isEqualTo(ORACLE.add(key));
                }
                case 2 -> {
                    var id = new KeyId("key-" + random.nextInt(step + 1));
                    assertThat(tenants.revoke(id)).as(as).isEqualTo(ORACLE.revoke(id));
                }
                case 3 -> {
                    var after = random.nextBoolean() ? null : tenantId();
                    int limit = 1 + random.nextInt(8);
                    assertThat(tenants.tenants(after, limit)).as(as).isEqualTo(ORACLE.tenants(after, limit));
                }
                default -> {
                    var id = tenantId();
                    var after = random.nextBoolean() ? null : new KeyId("key-" + random.nextInt(step + 1));
                    int limit = 1 + random.nextInt(8);
                    assertThat(tenants.tenant(id)).as(as).isEqualTo(ORACLE.tenant(id));
                    assertThat(tenants.keys(id, after, limit)).as(as).isEqualTo(ORACLE.keys(id, after, limit));
                }
            }
        }
    }

    @Test
    void everyPageOfEveryFilterHoldsWhatItHoldsInMemory() throws Exception {
        var some = new RandomUsage(random);
        store("pages", some, 400);
        int found = 0;
        for (int round = 0; round < 120; round++) {
            var filter = some.filter();
            int limit = 1 + random.nextInt(40);
            Position after = null;
            List<StoredEvent> page;
            do {
                page = usage.events(filter, after, limit);
                assertThat(kept(page)).as("seed %d, %s after %s", SEED, filter, after)
                        .isEqualTo(kept(ORACLE.events(filter, after, limit)));
                found += page.size();
                after = page.isEmpty() ? null : new Position(page.getLast().event().time(), page.getLast().id());
            } while (page.size() == limit);
        }
        assertThat(found).as("else the filters find nothing and show nothing").isGreaterThan(400);
    }

    @Test
    void aFilterFindsNothingInsteadOfFailing() {
        for (String text : List.of("\0", "\ud800", "%", "'", "x".repeat(5_000))) {
            var filter = new Filter(null, text, text, text, text, text, null, null, null);
            assertThat(usage.events(filter, null, 1)).isEmpty();
        }
        var ends = new Filter(null, null, null, null, null, null, null, Instant.parse("0000-01-01T00:00:00Z"),
                Instant.parse("9999-12-31T23:59:59.999999999Z"));
        assertThat(kept(usage.events(ends, null, 1_001))).isEqualTo(kept(ORACLE.events(ends, null, 1_001)));
    }

    @Test
    void costsSumToTheSameByEveryDimension() throws Exception {
        var some = new RandomUsage(random);
        store("costs", some, 400);
        for (String text : List.of("2026-02", "2026-03", "2026-02-27", "2026-03-02", "2025-12")) {
            var period = Period.parse(text).orElseThrow();
            for (int number = 0; number < 3; number++) {
                var tenant = new TenantId("t" + number);
                assertSameCosts(tenant, period, null);
                for (Dimension by : Dimension.values()) {
                    assertSameCosts(tenant, period, by);
                }
            }
        }
    }

    @Test
    void whatHasNoPriceIsTheSameAsInMemory() throws Exception {
        store("unpriced", new RandomUsage(random), 400);
        for (String text : List.of("2026-02", "2026-03", "2026-02-27", "2025-12")) {
            var period = Period.parse(text).orElseThrow();
            assertThat(usage.unpriced(period)).as("seed %d, %s", SEED, text)
                    .containsExactlyInAnyOrderElementsOf(ORACLE.unpriced(period));
        }
    }

    @Test
    void anAdministratorMakesATenantReadsItsUsageAndEndsItsKey() throws Exception {
        try (var plane = RunningControlPlane.over(tenants, usage, new StoredRules(postgres))) {
            var wish = new JsonObject().put("id", "acme").put("plan", "pro");
            assertThat(plane.post("/api/tenants", wish).status()).isEqualTo(201);
            assertThat(plane.post("/api/tenants", wish).status()).isEqualTo(200);
            assertThat(plane.post("/api/tenants", wish.copy().put("plan", "free")).status()).isEqualTo(409);
            ORACLE.create(new Tenant(new TenantId("acme"), "pro", null, List.of()));

            assertThat(plane.post("/api/keys", new JsonObject().put("tenant", "nobody")).status()).isEqualTo(404);
            var key = plane.post("/api/keys", new JsonObject().put("tenant", "acme").put("user", "ann"));
            assertThat(key.status()).isEqualTo(201);
            String id = key.json().getString("id");
            var listed = plane.get("/api/keys?tenant=acme");
            assertThat(listed.items().getJsonObject(0).getString("id")).isEqualTo(id);
            assertThat(listed.text()).doesNotContain(key.json().getString("key"));

            storeSamples();
            var events = plane.get("/api/events?tenant=acme&run=r1&limit=1000");
            assertThat(events.status()).as(events.text()).isEqualTo(200);
            assertThat(events.items()).hasSize(2);
            assertThat(plane.get("/api/events?model=%00").items()).isEmpty();
            var costs = plane.get("/api/costs/summary?tenant=acme&period=2026-03&groupBy=model").json();
            assertThat(costs.getJsonObject("total").getString("cost")).isEqualTo("3.5");
            assertThat(costs.getJsonArray("groups").getJsonObject(0).getString("value")).isEqualTo("gpt-large");
            assertThat(costs.getJsonArray("groups").getJsonObject(1).getString("cost")).isEqualTo("0.5");

            assertThat(plane.delete("/api/keys/" + id).status()).isEqualTo(204);
            assertThat(plane.delete("/api/keys/" + id).status()).isEqualTo(204);
            assertThat(plane.delete("/api/keys/key_none").status()).isEqualTo(404);
            assertThat(plane.get("/api/keys?tenant=acme").items().getJsonObject(0).getBoolean("revoked")).isTrue();
        }
    }

    private static void assertSameCosts(TenantId tenant, Period period, @Nullable Dimension by) {
        assertThat(usage.costs(tenant, period, by)).as("seed %d, %s in %s by %s", SEED, tenant, period.text(), by)
                .usingRecursiveComparison()
                .withComparatorForType(BigDecimal::compareTo, BigDecimal.class)
                .isEqualTo(ORACLE.costs(tenant, period, by));
    }

    private static void storeSamples() throws Exception {
        store(List.of(kept("acme", 1, SampleEvents.of(1, SampleEvents.TIME, "gpt-small", "r1", "0.5")),
                kept("acme", 2, SampleEvents.of(2, SampleEvents.TIME, "gpt-large", "r1", "2")),
                kept("acme", 3, SampleEvents.of(3, SampleEvents.TIME, "gpt-large", "r2", "1"))));
    }

    private static void store(String node, RandomUsage some, int count) throws Exception {
        var events = new ArrayList<KeptEvent>();
        for (int seq = 1; seq <= count; seq++) {
            events.add(new KeptEvent(new EventId(node, 1, seq), some.event(seq)));
        }
        store(events);
    }

    private static void store(List<KeptEvent> events) throws Exception {
        var first = events.getFirst().id();
        postgres.store().store(new Batch(first.node(), first.epoch(), events));
        events.forEach(kept -> ORACLE.add(new StoredEvent(kept.id(), kept.event(), Instant.EPOCH)));
    }

    private static KeptEvent kept(String node, long seq, StoredEvent sample) {
        return new KeptEvent(new EventId(node, 1, seq), sample.event());
    }

    /// Without the time of receipt, which is the database's own.
    private static List<KeptEvent> kept(List<StoredEvent> stored) {
        return stored.stream().map(each -> new KeptEvent(each.id(), each.event())).toList();
    }

    private TenantId tenantId() {
        return new TenantId("some-" + random.nextInt(12));
    }

    private Tenant tenant() {
        return new Tenant(tenantId(), random.nextBoolean() ? "free" : "pro", random.nextBoolean() ? null : "eu",
                List.of());
    }

    private TenantKey key(int number) {
        var hash = new byte[ApiKeyHash.LENGTH];
        random.nextBytes(hash);
        return new TenantKey(new KeyId("key-" + number), ApiKeyHash.of(hash), tenantId(),
                random.nextBoolean() ? null : "ann", "abcd", false);
    }
}
