package dev.weir.benchmarks;

import dev.weir.admission.Admission;
import dev.weir.admission.AdmissionRequest;
import dev.weir.admission.Admissions;
import dev.weir.admission.Attributed;
import dev.weir.admission.Input;
import dev.weir.admission.Output;
import dev.weir.ledger.Holding;
import dev.weir.ledger.Lanes;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Lending;
import dev.weir.port.Clock;
import dev.weir.rating.PriceBook;
import dev.weir.rating.Sku;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Identity;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.ThreadParams;

/// What a decision costs far from the caps, with its release: blocking limits on four entities (tenant, key, user, model), by
/// tokens, and once more with a budget that has to be priced. Target: 500 ns without the budget, one thread.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class AdmissionBenchmark {
    private static final Instant MOMENT = Instant.parse("2026-07-01T12:00:00Z");
    private static final long FAR = Limit.AMOUNT_MAX;
    /// As the gateway's.
    private static final Lanes LANES = Lanes.of(() -> (int) Thread.currentThread().threadId(),
            Runtime.getRuntime().availableProcessors());

    /// Whether nodes share the limits, so that this one spends from what it is lent.
    @Param({"false", "true"})
    public boolean shared;

    private final AdmissionRequest[] ofOneEach = {request("one", fourEntities(Measure.of(Meter.TOKENS))),
        request("two", fourEntities(Measure.of(Meter.TOKENS)))};
    private Admissions admissions = new Admissions(new Ledger(), PriceBook.shipped());
    private final AdmissionRequest byTokens = request(fourEntities(Measure.of(Meter.TOKENS)));
    private final AdmissionRequest byCost = request(fourEntities(Measure.of(Meter.COST)));
    private final AdmissionRequest unlimited = request(List.of());

    @Setup
    public void start() {
        var clock = new Clock() {
            @Override
            public Instant now() {
                return MOMENT;
            }

            @Override
            public long nanoTime() {
                return System.nanoTime();
            }
        };
        var lending = new Lending(clock, 0);
        lending.extend(System.nanoTime() + Duration.ofDays(1).toNanos(), 3);
        var ledger = shared ? new Ledger(lending, LANES) : new Ledger(null, LANES);
        admissions = new Admissions(ledger, PriceBook.shipped());
        for (AdmissionRequest each : List.of(byTokens, byCost, ofOneEach[0], ofOneEach[1])) {
            lend(ledger, each);
        }
    }

    private static void lend(Ledger ledger, AdmissionRequest request) {
        TenantId tenant = request.caller().tenant().id();
        for (Limit limit : request.caller().limits()) {
            String value = switch (limit.entity().kind()) {
                case TENANT -> tenant.value();
                case KEY -> "key_1";
                case USER -> "ann";
                default -> "gpt-4o-mini";
            };
            ledger.lend(new Holding(tenant, limit, value, limit.window().span(MOMENT, limit.zone()), 0, 0, FAR / 2, 0,
                    FAR / 4, FAR / 8, 0));
        }
    }

    private static List<Limit> fourEntities(Measure measure) {
        return List.of(limit(Entity.Kind.TENANT, measure), limit(Entity.Kind.KEY, measure),
                limit(Entity.Kind.USER, measure), limit(Entity.Kind.MODEL, measure));
    }

    private static Limit limit(Entity.Kind kind, Measure measure) {
        return Limit.block(kind.id() + "-" + measure.id(), new Entity(kind, Entity.EACH), measure, Window.DAY, FAR);
    }

    private static AdmissionRequest request(List<Limit> limits) {
        return request("acme", limits);
    }

    private static AdmissionRequest request(String id, List<Limit> limits) {
        var tenant = new Tenant(new TenantId(id), Plan.PRO.id(), null, limits);
        var directory = TenantDirectory.Snapshot.of(1, Plan.SHIPPED, List.of(tenant), List.of());
        var caller = new Identity.Known(tenant, new KeyId("key_1"), "ann", Plan.PRO, directory.limits(tenant.id()));
        return AdmissionRequest.llm(caller, "openai", Sku.of("openai", "gpt-4o-mini"),
                new Attributed(null, "run-1", Map.of()), MOMENT, new Input.AtMost(1_000, 8),
                new Output(500, 1, 1, true));
    }

    @Benchmark
    public Admission fourEntitiesByTokens() {
        return admitAndRelease(byTokens);
    }

    @Benchmark
    public Admission fourEntitiesByCost() {
        return admitAndRelease(byCost);
    }

    @Benchmark
    public Admission noLimits() {
        return admitAndRelease(unlimited);
    }

    /// Each thread at a tenant of its own: what two threads come to where nothing is contended.
    @Benchmark
    @Threads(2)
    public Admission aTenantForEachOfTwoThreads(ThreadParams thread) {
        return admitAndRelease(ofOneEach[thread.getThreadIndex()]);
    }

    /// All threads at one tenant.
    @Benchmark
    @Threads(2)
    public Admission contendedByTwoThreads() {
        return admitAndRelease(byTokens);
    }

    private Admission admitAndRelease(AdmissionRequest request) {
        Admission admission = admissions.admit(request);
        if (admission instanceof Admission.Admitted admitted) {
            admissions.release(admitted);
        }
        return admission;
    }
}
