package dev.weir.control;

import dev.weir.config.Address;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Standing;
import dev.weir.port.Clock;
import dev.weir.postgres.Gaps;
import dev.weir.postgres.LeaseRows;
import dev.weir.postgres.LeaseRows.Position;
import dev.weir.postgres.PostgresLeases.Forfeiture;
import dev.weir.rating.PriceBook;
import dev.weir.telemetry.Metrics;
import dev.weir.tenant.KeyHasher;
import dev.weir.tenant.Limit;
import dev.weir.tenant.TenantId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A control plane on a free port, over an [InMemoryStore] where nothing else is said, and a client for it. Closed by each test.
final class RunningControlPlane implements AutoCloseable {
    static final String ADMIN_KEY = "canary-admin-key-7f3e9a";
    static final Instant NOW = Instant.parse("2026-03-14T09:26:53Z");

    static final ControlOptions LOOPBACK = ControlOptions.of(new Address("127.0.0.1", 0));

    final InMemoryStore store = new InMemoryStore();
    final Ledger ledger = Ledgers.watched();
    InMemoryBudgets budgets = new InMemoryBudgets(store);
    final AtomicInteger changes = new AtomicInteger();
    /// Newest first.
    final List<Gaps.Noticed> gaps = new ArrayList<>();
    /// By node, then by counter.
    final List<LeaseRows.Lease> leases = new ArrayList<>();
    volatile Forfeiture forfeiture = new Forfeiture.NoSuchNode("no node has ever asked for a lease");
    final List<String> audited = new ArrayList<>();
    volatile AuditReport audit = new AuditReport(NOW, NOW.plusSeconds(1), List.of());
    final List<HealthCheck> checks = new ArrayList<>();
    private final Vertx vertx = Vertx.vertx();
    private final Metrics metrics = new Metrics("test");
    private final HttpClient client = vertx.createHttpClient();
    private @Nullable ControlPlane running;

    /// One answer.
    record Answer(int status, Map<String, String> headers, String text) {
        JsonObject json() {
            return new JsonObject(text);
        }

        String code() {
            return json().getString("code");
        }

        JsonArray items() {
            return json().getJsonArray("items");
        }
    }

    static RunningControlPlane start() {
        return start(LOOPBACK);
    }

    static RunningControlPlane start(ControlOptions options, HealthCheck... checks) {
        var plane = new RunningControlPlane();
        plane.checks.addAll(List.of(checks));
        return plane.listening(options, plane.store, plane.store, plane.store.rules);
    }

    /// Over another store than the one in memory.
    static RunningControlPlane over(TenantAdmin tenants, EventQueries events, RuleAdmin rules) {
        return new RunningControlPlane().listening(LOOPBACK, tenants, events, rules);
    }

    private RunningControlPlane listening(ControlOptions options, TenantAdmin tenants, EventQueries events,
            RuleAdmin rules) {
        budgets = new InMemoryBudgets(tenants);
        running = ControlPlane.start(vertx, options, AdminKey.of(ADMIN_KEY), resources(tenants, events, rules)).await();
        return this;
    }

    private List<Resource> resources(TenantAdmin tenants, EventQueries events, RuleAdmin rules) {
        var random = RandomGenerator.of("L64X128MixRandom");
        var clock = new Clock() {
            @Override
            public Instant now() {
                return NOW;
            }

            @Override
            public long nanoTime() {
                return 0;
            }
        };
        var hasher = new KeyHasher(
                "a pepper of thirty-two bytes or so".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        BiFunction<TenantId, Limit, Standing> standings = (tenant, limit) -> ledger.standing(tenant, limit,
                tenant.value(), NOW);
        return List.of(new TenantsResource(tenants, rules, changes::incrementAndGet),
                new PlansResource(rules, changes::incrementAndGet),
                new LimitsResource(tenants, rules, changes::incrementAndGet),
                new QuotaResource(tenants, rules, events, standings, clock, changes::incrementAndGet),
                new CapacityResource(tenants, rules, standings, clock, changes::incrementAndGet),
                new AdminActionsResource(rules),
                new KeysResource(tenants, hasher, random::nextBytes, changes::incrementAndGet),
                new EventsResource(events), new CostsResource(tenants, events, clock),
                new PricesResource(events, PriceBook::shipped, clock), new HealthResource(checks),
                new BudgetsResource(tenants, budgets, false, random::nextBytes, changes::incrementAndGet),
                new AlertsResource(tenants, budgets), new GapsResource((after, limit) -> gaps.stream()
                        .dropWhile(gap -> after != null && !gap.noticedAt().isBefore(after.noticedAt()))
                        .limit(limit)
                        .toList()),
                new LeasesResource((after, limit) -> leases.stream()
                        .dropWhile(lease -> after != null && !Position.of(lease).equals(after))
                        .skip(after == null ? 0 : 1)
                        .limit(limit)
                        .toList(), node -> forfeiture),
                new AuditResource((from, to, wait) -> {
                    audited.add(from + " " + to + " " + wait);
                    return audit;
                }, clock),
                new MetricsResource(metrics::scrape));
    }

    Answer get(String uri) {
        return send(HttpMethod.GET, uri, admin(), null);
    }

    Answer delete(String uri) {
        return send(HttpMethod.DELETE, uri, admin(), null);
    }

    Answer post(String uri, JsonObject body) {
        return post(uri, body.encode());
    }

    Answer post(String uri, String body) {
        return withBody(HttpMethod.POST, uri, body);
    }

    Answer patch(String uri, JsonObject body) {
        return withBody(HttpMethod.PATCH, uri, body.encode());
    }

    Answer put(String uri, JsonObject body) {
        return withBody(HttpMethod.PUT, uri, body.encode());
    }

    private Answer withBody(HttpMethod method, String uri, String body) {
        var headers = new HashMap<>(admin());
        headers.put("Content-Type", "application/json");
        return send(method, uri, headers, body);
    }

    static Map<String, String> admin() {
        return Map.of("Authorization", "Bearer " + ADMIN_KEY, "X-Constitutional-Hash", "cdd01ef066bc6cf2");
    }

    Answer send(HttpMethod method, String uri, Map<String, String> headers, @Nullable String body) {
        var options = new RequestOptions().setMethod(method).setHost("127.0.0.1").setPort(port()).setURI(uri);
        // on a loop from the start: an answer's body is lost where nobody has asked for it in time
        Promise<Answer> answer = Promise.promise();
        vertx.runOnContext(start -> exchange(options, headers, body).onComplete(answer));
        return answer.future().await();
    }

    private Future<Answer> exchange(RequestOptions options, Map<String, String> headers, @Nullable String body) {
        return client.request(options).compose(request -> {
            headers.forEach((name, value) -> {
                if (name.equals("Host")) {
                    request.authority(io.vertx.core.net.HostAndPort.parseAuthority(value, 80));
                } else {
                    request.putHeader(name, value);
                }
            });
            return body == null ? request.send() : request.send(Buffer.buffer(body));
        }).compose(response -> response.body().map(text -> {
            var received = new HashMap<String, String>();
            response.headers().forEach((name, value) -> received.put(name.toLowerCase(java.util.Locale.ROOT), value));
            return new Answer(response.statusCode(), received, text.toString());
        }));
    }

    int port() {
        return Optional.ofNullable(running).orElseThrow().port();
    }

    @Override
    public void close() {
        Optional.ofNullable(running).orElseThrow().close().await();
        vertx.close().await();
        metrics.close();
    }
}
