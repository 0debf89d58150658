package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.Certificates;
import dev.weir.admission.Admissions;
import dev.weir.admission.RefusalCode;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ConfigSource;
import dev.weir.config.GatewayConfig;
import dev.weir.config.UpstreamUrl;
import dev.weir.deferred.Awaited;
import dev.weir.deferred.DeferredUsage;
import dev.weir.deferred.UnkeptSettlements;
import dev.weir.event.UsageEvent;
import dev.weir.event.UsageJournal;
import dev.weir.lease.LeaseAllocator;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.meter.Tokenizers;
import dev.weir.rating.PriceBook;
import dev.weir.tenant.ApiKey;
import dev.weir.tenant.KeyHasher;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A running data plane with everything real but its journal and its provider: one tenant, `acme`, with one key.
final class TestPlane implements AutoCloseable, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    static final TenantId ACME = new TenantId("acme");
    static final Tokenizers TOKENIZERS = new Tokenizers();
    static final String PROVIDER_KEY = "sk-of-weir";
    /// Both dialects, a connector, and what routes can be told; `%s` is the provider's URL.
    private static final String ROUTES = """
            deadlines: {connect: 2s, first-byte: 20s, silence: 20s}
            routes:
              openai: {kind: llm, provider: openai, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              anthropic: {kind: llm, provider: anthropic, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              google: {kind: llm, provider: google, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              vertex: {kind: llm, provider: vertex, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              mineg: {kind: llm, provider: google, upstream: "%1$s", client-credential: pass, allow-private: true}
              mine: {kind: llm, provider: openai, upstream: "%1$s", client-credential: pass, allow-private: true}
              minea: {kind: llm, provider: anthropic, upstream: "%1$s", client-credential: pass, allow-private: true}
              tickets: {kind: connector, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              once: {kind: connector, upstream: "%1$s", credential: sk-of-weir, allow-private: true, retries: 0}
            """;
    private static final AtomicLong VERSION = new AtomicLong();

    final ScriptedUpstream upstream = new ScriptedUpstream();
    final RecordingJournal journal = new RecordingJournal();
    final Ledger ledger;
    final DeferredUsage deferred = new DeferredUsage();
    final List<RefusalCode> unbooked = new CopyOnWriteArrayList<>();
    /// Which limit closed a connection, for each that was closed when it was opened.
    final List<String> closedAtOnce = new CopyOnWriteArrayList<>();
    final FaultyClock clock = new FaultyClock();
    final KeyHasher hasher;
    final ApiKey key;
    final ExchangeParts parts;
    private final TenantDirectory directory;
    private final @Nullable LeaseThread leases;
    private final Vertx vertx;
    private final DataPlane plane;
    private volatile Runnable beforeHeard = () -> {};

    TestPlane() throws Exception {
        this("", ExchangeLimits.DEFAULTS);
    }

    /// @param moreRoutes YAML of routes beside the usual ones, indented by two
    TestPlane(String moreRoutes, ExchangeLimits limits) throws Exception {
        this("", moreRoutes, limits);
    }

    /// Its clients come by TLS.
    static TestPlane over(Certificates.Server tls) throws Exception {
        return new TestPlane(", tls: {cert: \"" + tls.cert() + "\", key: \"" + tls.key() + "\"}", "",
                ExchangeLimits.DEFAULTS);
    }

    /// One for a whole test class: register it as an extension, and each test finds it as new.
    static TestPlane shared() {
        try {
            return new TestPlane();
        } catch (Exception failed) {
            throw new AssertionError("the data plane does not start", failed);
        }
    }

    /// Over another journal than the one in memory.
    static TestPlane on(UsageJournal journal, String moreRoutes) throws Exception {
        return new TestPlane("", moreRoutes, ExchangeLimits.DEFAULTS, journal);
    }

    /// One of several nodes: what it may spend of limits is lent to it by that allocator.
    static TestPlane sharing(LeaseAllocator allocator) throws Exception {
        return new TestPlane("", "", ExchangeLimits.DEFAULTS, null, allocator);
    }

    private TestPlane(String moreListen, String moreRoutes, ExchangeLimits limits) throws Exception {
        this(moreListen, moreRoutes, limits, null);
    }

    private TestPlane(String moreListen, String moreRoutes, ExchangeLimits limits, @Nullable UsageJournal other)
            throws Exception {
        this(moreListen, moreRoutes, limits, other, null);
    }

    private TestPlane(String moreListen, String moreRoutes, ExchangeLimits limits, @Nullable UsageJournal other,
            @Nullable LeaseAllocator allocator) throws Exception {
        var random = new Random(7);
        var pepper = new byte[32];
        random.nextBytes(pepper);
        hasher = new KeyHasher(pepper);
        key = ApiKey.generate(random::nextBytes);
        directory = new TenantDirectory(TenantDirectory.Snapshot.EMPTY);
        limits();
        leases = allocator == null ? null : new LeaseThread(allocator, clock);
        ledger = leases == null ? Ledgers.watched() : leases.ledger();
        var admissions = new Admissions(ledger, PriceBook.shipped(), directory,
                leases == null ? null : leases.leases());
        UsageJournal inUse = other == null ? journal : other;
        parts = new ExchangeParts(clock, directory, hasher, admissions, inUse,
                new UnkeptSettlements(inUse), deferred, TOKENIZERS, new Listener(), limits);
        GatewayConfig config = config("listen: {data: \"127.0.0.1:0\", control: \"127.0.0.1:1\"" + moreListen + "}\n"
                + ROUTES.formatted(upstream.url()) + moreRoutes.replace("%1$s", upstream.url()));
        var head = new StrictHead(headLimits(limits), refusal -> {});
        vertx = Vertx.builder().withTransport(head.guard(io.vertx.core.transport.Transport.NIO)).build();
        plane = new DataPlane(config, parts, head, UpstreamUrl.parse(upstream.url()), 1, () -> {});
        done(vertx.deployVerticle(plane));
    }

    private static HeadLimits headLimits(ExchangeLimits limits) {
        HeadLimits usual = HeadLimits.DEFAULT;
        return new HeadLimits(usual.requestLineMax(), usual.headMax(), usual.fieldsMax(), usual.chunkLineMax(),
                usual.headTimeout(), limits.keepAlive());
    }

    private static GatewayConfig config(String yaml) {
        return switch (ConfigReader.read(new ConfigSource("test.yaml", yaml, Path.of("/weir")), Map.of(), Map.of())) {
            case ConfigResult.Loaded loaded -> loaded.config();
            case ConfigResult.Refused refused -> throw new AssertionError(refused.problems().toString());
        };
    }

    /// Puts these limits of the tenant in force, beside those of the plan `pro`, which has none.
    void limits(Limit... limits) {
        swap("key_1", limits);
    }

    /// From now on until [#forget()] the tenant's calls come with another key.
    void otherKeyInstead() {
        swap("key_2");
    }

    /// Until [#forget()] it is so long ago that the database was last heard of keys.
    void notHeardFor(Duration age) {
        directory.confirm(clock.nanoTime() - age.toNanos());
    }

    private void swap(String keyId, Limit... limits) {
        directory.confirm(clock.nanoTime());
        directory.swap(TenantDirectory.Snapshot.of(VERSION.incrementAndGet(), Plan.SHIPPED,
                List.of(new Tenant(ACME, "pro", null, List.of(limits))),
                List.of(new TenantKey(new KeyId(keyId), hasher.hash(key), ACME, null, key.last4(), false))));
    }

    int port() {
        return plane.port();
    }

    Wire client() throws IOException {
        return Wire.to(port());
    }

    /// The header with the tenant's key.
    String auth() {
        return "Authorization: Bearer " + key.reveal() + "\r\n";
    }

    /// Sends one request on a connection of its own and reads the answer.
    Wire.Message call(String line, String moreHeaders, String body) throws IOException {
        try (var client = client()) {
            return client.request(line, auth() + moreHeaders, body).answer(line.startsWith("HEAD "));
        }
    }

    /// The events of attempts, once nothing runs any more; asserts that each attempt was opened and settled once and that
    /// nothing is reserved but by calls whose usage is awaited.
    List<UsageEvent> settled() {
        quiet();
        assertThat(journal.faults()).isEmpty();
        assertThat(journal.settled()).extracting(TestPlane::id)
                .containsExactlyInAnyOrderElementsOf(journal.opened().stream().map(TestPlane::id).toList());
        assertThat(ledger.openReservations()).isEqualTo(deferred.reserving());
        return journal.settled();
    }

    UsageEvent onlySettled() {
        List<UsageEvent> events = settled();
        assertThat(events).hasSize(1);
        return events.getFirst();
    }

    void quiet() {
        await().pollInterval(Duration.ofMillis(2)).atMost(Duration.ofSeconds(20)).until(() -> plane.running() == 0);
    }

    /// Takes no new calls, gives the running ones so long, then ends them. For a plane of the test's own.
    void drain(long millis) throws Exception {
        done(plane.drain(millis));
    }

    boolean isAnyRunning() {
        return plane.running() > 0;
    }

    /// Weir stops, and waits for nobody: what runs is ended.
    void interrupt() throws Exception {
        done(plane.drain(0));
    }

    private static String id(UsageEvent event) {
        return event.callId() + "/" + event.attempt();
    }

    /// Forgets what was recorded, on all sides.
    void forget() {
        quiet();
        journal.forget();
        upstream.forget();
        unbooked.clear();
        for (RecordingJournal.Part part : RecordingJournal.Part.values()) {
            journal.keeps(part, true);
        }
        journal.beforeOpen(() -> {});
        journal.beforeSettle(() -> {});
        beforeHeard = () -> {};
        clock.failNever();
        limits();
    }

    /// What is awaited is awaited no longer, as after a month: what is reserved then is leaked.
    void awaitNoLonger() {
        for (Awaited left : deferred.takeExpired(Instant.MAX)) {
            if (left.admitted() != null) {
                parts.admissions().release(left.admitted());
            }
        }
    }

    /// Settlements that were not kept are kept now, so their room is free.
    void keepOwed() {
        journal.keeps(RecordingJournal.Part.SETTLE, true);
        parts.unkept().look();
    }

    /// Runs on the event loop right before the listener hears of an event.
    void beforeHeard(Runnable action) {
        beforeHeard = action;
    }

    Vertx vertx() {
        return vertx;
    }

    static <T> T done(io.vertx.core.Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Override
    public void beforeEach(ExtensionContext test) {
        forget();
    }

    @Override
    public void afterEach(ExtensionContext test) {
        awaitNoLonger();
        keepOwed();
    }

    @Override
    public void afterAll(ExtensionContext tests) throws Exception {
        close();
    }

    @Override
    public void close() throws Exception {
        awaitNoLonger();
        keepOwed();
        done(vertx.close());
        upstream.close();
        if (leases != null) {
            leases.close();
        }
    }

    private final class Listener implements ExchangeListener {
        @Override
        public void ended(UsageEvent event) {
            beforeHeard.run();
        }

        @Override
        public void refused(RefusalCode code, String route) {
            unbooked.add(code);
        }

        @Override
        public void connectionRefused(String limit) {
            closedAtOnce.add(limit);
        }
    }
}
