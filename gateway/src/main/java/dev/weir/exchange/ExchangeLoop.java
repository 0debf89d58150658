package dev.weir.exchange;

import dev.weir.admission.Admission;
import dev.weir.admission.Admissions;
import dev.weir.admission.Refusal;
import dev.weir.lease.Leases;
import dev.weir.ledger.Shortage;
import dev.weir.meter.Tokenizers;
import dev.weir.port.Clock;
import dev.weir.route.Routes;
import dev.weir.tenant.KeyHasher;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the exchanges of one event loop share: the parts of the engine, the routes with their connections, who is alive.
///
/// Event loop only, but for what it holds.
final class ExchangeLoop {
    private static final Logger LOG = LoggerFactory.getLogger(ExchangeLoop.class);
    private static final long SWEEP_MILLIS = 250;

    private final Vertx vertx;
    private final Context context;
    private final ExchangeParts parts;
    private final Routes routes;
    private final Records records;
    private final Deadlines deadlines;
    private final SplittableRandom ids;
    private final IdleConnections connections;
    private final Set<LiveCall> live = new HashSet<>();
    private boolean draining;

    ExchangeLoop(Vertx vertx, Context context, ExchangeParts parts, Routes routes, long idSeed) {
        this.vertx = vertx;
        this.context = context;
        this.parts = parts;
        this.routes = routes;
        this.records = new Records(parts);
        this.deadlines = new Deadlines(parts.limits());
        this.ids = new SplittableRandom(idSeed);
        this.connections = new IdleConnections(parts.limits().keepAlive().toNanos());
        vertx.setPeriodic(SWEEP_MILLIS, sweep -> sweep());
    }

    Vertx vertx() {
        return vertx;
    }

    Context context() {
        return context;
    }

    Clock clock() {
        return parts.clock();
    }

    Admissions admissions() {
        return parts.admissions();
    }

    /// Has more asked for of what this node is lent; the decision comes back to this loop.
    void ask(Admission.AskFirst first, Consumer<Admission> decided) {
        parts.admissions().ask(first, decision -> context.runOnContext(back -> decided.accept(decision)));
    }

    /// Has more asked for of what a running call lacks; what came of it is heard on this loop.
    void ask(Shortage shortage, Consumer<Leases.Answer> heard) {
        parts.admissions().ask(shortage, answer -> context.runOnContext(back -> heard.accept(answer)));
    }

    /// A call ended while its decision was made.
    void forgo(Admission decision) {
        if (decision instanceof Admission.Admitted tooLate) {
            parts.admissions().release(tooLate);
        }
    }

    Records records() {
        return records;
    }

    TenantDirectory directory() {
        return parts.directory();
    }

    /// Whether what is known of tenants and keys is too old to trust anybody by it.
    boolean isDirectoryStale() {
        return clock().nanoTime() - directory().confirmedNanos() > parts.limits().directoryMaxAge().toNanos();
    }

    KeyHasher hasher() {
        return parts.hasher();
    }

    Deadlines deadlines() {
        return deadlines;
    }

    Tokenizers tokenizers() {
        return parts.tokenizers();
    }

    HeldBody.Total held() {
        return parts.held();
    }

    McpSessions sessions() {
        return parts.sessions();
    }

    Routes routes() {
        return routes;
    }

    /// A new call id: 48 bits of time and 80 random bits in hex, so that ids sort by time.
    String newCallId() {
        var id = new StringBuilder(36).append("wrq_");
        hex(id, clock().now().toEpochMilli(), 12);
        hex(id, ids.nextLong(), 16);
        hex(id, ids.nextLong(), 4);
        return id.toString();
    }

    private static void hex(StringBuilder to, long bits, int digits) {
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            to.append(Character.forDigit((int) (bits >>> shift) & 0xf, 16));
        }
    }

    /// Runs on a worker thread what would hold up the loop; the result comes back to the loop.
    <T> Future<T> offLoop(Callable<T> work) {
        return vertx.executeBlocking(work, false).map(Objects::requireNonNull);
    }

    /// The same for work that comes back by other ways.
    void work(Runnable work) {
        var _ = vertx.executeBlocking(() -> {
            work.run();
            return true;
        }, false);
    }

    void opened(HttpConnection connection) {
        connections.opened(connection, clock().nanoTime());
    }

    void began(LiveCall exchange, HttpConnection on) {
        live.add(exchange);
        connections.callBegan(on);
    }

    /// The refusal where the call's tenant has as many calls as it may run at a time; else the call takes its place.
    @Nullable
    Refusal takePlace(Call call) {
        TenantId tenant = call.tenant();
        if (call.hasPlace || tenant == null) {
            return null;
        }
        call.hasPlace = parts.tenantCalls().enter(tenant);
        return call.hasPlace ? null : CallRefusals.tooManyCalls(parts.tenantCalls().most());
    }

    void ended(LiveCall exchange, Call call, HttpConnection on) {
        live.remove(exchange);
        TenantId tenant = call.tenant();
        if (call.hasPlace && tenant != null) {
            call.hasPlace = false;
            parts.tenantCalls().leave(tenant);
        }
        connections.callEnded(on, System.nanoTime());
    }

    int running() {
        return live.size();
    }

    boolean isDraining() {
        return draining;
    }

    /// No new calls from now on; the running ones go on.
    void drain() {
        draining = true;
        for (LiveCall exchange : live.toArray(new LiveCall[0])) {
            exchange.interruptIf(Call::isListening);
        }
    }

    /// Ends what still runs, each with its settlement.
    void endRunning() {
        for (LiveCall exchange : live.toArray(new LiveCall[0])) {
            exchange.interruptIf(all -> true);
        }
    }

    void note(Call call, String what, Throwable cause) {
        LOG.debug("call {} on route {}: {}: {}", call.id, call.routeName(), what, cause.toString());
    }

    void failed(Call call, Throwable cause) {
        LOG.error("call {} on route {} failed in a way nobody foresaw", call.id, call.routeName(), cause);
    }

    private void sweep() {
        long now = clock().nanoTime();
        connections.sweep(now);
        if (live.isEmpty()) {
            return;
        }
        for (LiveCall exchange : live.toArray(new LiveCall[0])) {
            exchange.look(now);
        }
    }
}
