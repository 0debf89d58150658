package dev.weir.telemetry;

import dev.weir.admission.RefusalCode;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.stream.Poison;
import dev.weir.stream.Sink;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/// What Weir counts for operators, and the text Prometheus scrapes.
///
/// Any thread, event loops included: no method waits, and an ended call costs a few additions. Every label is bounded:
/// routes, providers and codes by configuration and code, models by [#MODELS_MAX].
public final class Metrics implements AutoCloseable {
    /// Distinct models that get a label of their own; later ones are `other`.
    public static final int MODELS_MAX = 100;

    private static final double NANOS_PER_SECOND = 1e9;
    private static final int CODES_MAX = 64;
    private static final String NONE = "none";

    private final Registry registry = new Registry();
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final BoundedLabels models = new BoundedLabels(MODELS_MAX);
    private final BoundedLabels codes = new BoundedLabels(CODES_MAX);
    private final BoundedLabels reasons = new BoundedLabels(CODES_MAX);
    private final Map<RouteKey, RouteMeters> routes = new ConcurrentHashMap<>();
    private final Timer loopLag;

    /// @param version of Weir, as `weir_build_info` shows it
    public Metrics(String version) {
        registry.gauge(Family.BUILD, () -> 1, version, Runtime.version().toString());
        loopLag = registry.lagTimer(Family.LOOP_LAG);
        gc.bindTo(registry.prometheus());
        new JvmMemoryMetrics().bindTo(registry.prometheus());
        new JvmThreadMetrics().bindTo(registry.prometheus());
        new ProcessorMetrics().bindTo(registry.prometheus());
        new FileDescriptorMetrics().bindTo(registry.prometheus());
    }

    /// An event was kept: an attempt that ended, or a refusal. Call it once for each.
    public void attemptEnded(UsageEvent event) {
        var meters = route(event.route(), event.provider());
        meters.bytes(event);
        if (event.attempt() == 1) {
            meters.call(event.clientRetryCount() > 0);
        }
        if (event.outcome().isAttempt()) {
            meters.attempt(event, modelLabel(event));
        } else {
            countRefusal(event.outcome() == Outcome.BLOCKED ? Family.BLOCKS : Family.REFUSALS,
                    event.reasonCode() == null ? NONE : event.reasonCode(), event.route());
        }
    }

    /// A call was refused of which there is no event (no route, no key, nowhere to keep one).
    ///
    /// @param code what the client saw, of the closed list
    /// @param route the configured name, empty where none matched
    public void refused(RefusalCode code, String route) {
        route(route, "").call(false);
        countRefusal(code.isBlock() ? Family.BLOCKS : Family.REFUSALS, code.id(), route);
    }

    /// A head was refused before routing.
    ///
    /// @param reason a constant of the head check, never text of the client
    public void headRefused(String reason) {
        registry.counter(Family.HEAD_REFUSALS, reasons.admit(reason)).increment();
    }

    /// A client connection was closed when it was opened, because there are too many.
    ///
    /// @param limit which of the limits, a constant
    public void connectionRefused(String limit) {
        registry.counter(Family.CONNECTIONS_REFUSED, reasons.admit(limit)).increment();
    }

    /// One measurement of an event loop, see [LoopLag].
    public void loopLag(long nanos) {
        loopLag.record(nanos, TimeUnit.NANOSECONDS);
    }

    /// Names where the number of running calls is read. Once.
    public void watchCallsInFlight(IntSupplier calls) {
        registry.gauge(Family.CALLS_IN_FLIGHT, calls::getAsInt);
    }

    /// Names where it is read what is reserved. Once.
    ///
    /// @param open reservations
    /// @param awaiting those of calls whose usage is awaited
    /// @param counters of which something is reserved
    public void watchReservations(IntSupplier open, IntSupplier awaiting, IntSupplier counters) {
        registry.gauge(Family.RESERVATIONS_OPEN, open::getAsInt);
        registry.gauge(Family.RESERVATIONS_AWAITING, awaiting::getAsInt);
        registry.gauge(Family.COUNTERS_RESERVED, counters::getAsInt);
    }

    /// Names where the number of open client connections is read. Once.
    public void watchConnections(IntSupplier connections) {
        registry.gauge(Family.CONNECTIONS, connections::getAsInt);
    }

    /// Names where the spool's gauges are read. Once.
    public void watchSpool(SpoolWatch spool) {
        registry.gauge(Family.SPOOL_DEPTH, spool.depthRecords()::getAsLong);
        registry.gauge(Family.SPOOL_BYTES, spool.bytes()::getAsLong);
        registry.gauge(Family.SPOOL_LAG, () -> spool.lagNanos().getAsLong() / NANOS_PER_SECOND);
        registry.gauge(Family.SPOOL_OLDEST, () -> spool.oldestAgeNanos().getAsLong() / NANOS_PER_SECOND);
        registry.gauge(Family.SPOOL_QUOTA, spool.quotaBytes()::getAsLong);
        registry.gauge(Family.SPOOL_PRESSURE, spool.pressure()::getAsLong);
        registry.sum(Family.SPOOL_SUSPECT, spool.suspectSegments(), LongSupplier::getAsLong);
        registry.sum(Family.SPOOL_BAD_BLOCKS, spool.badBlocks(), LongSupplier::getAsLong);
        registry.gauge(Family.SPOOL_LOSS_WINDOW, () -> spool.unsyncedNanos().getAsLong() / NANOS_PER_SECOND);
    }

    /// Names where it is read what this process put on record as missing; both only ever rise. Once.
    public void watchGaps(LongSupplier gaps, LongSupplier events) {
        registry.sum(Family.GAPS, gaps, LongSupplier::getAsLong);
        registry.sum(Family.GAP_EVENTS, events, LongSupplier::getAsLong);
    }

    /// Names where it is read what became of this node's leases. Once.
    public void watchLeases(LongSupplier exchanges, LongSupplier errors, BooleanSupplier usable) {
        registry.sum(Family.LEASE_EXCHANGES, exchanges, LongSupplier::getAsLong);
        registry.sum(Family.LEASE_ERRORS, errors, LongSupplier::getAsLong);
        registry.gauge(Family.LEASES_USABLE, () -> usable.getAsBoolean() ? 1 : 0);
    }

    /// Names where it is read what became of alerts; all but the dead letters only ever rise. Once.
    public void watchAlerts(LongSupplier fired, LongSupplier delivered, LongSupplier failed, LongSupplier givenUp,
            LongSupplier dead) {
        registry.sum(Family.ALERTS, fired, LongSupplier::getAsLong);
        registry.sum(Family.ALERT_DELIVERIES, delivered, LongSupplier::getAsLong, "delivered");
        registry.sum(Family.ALERT_DELIVERIES, failed, LongSupplier::getAsLong, "failed");
        registry.sum(Family.ALERT_DELIVERIES, givenUp, LongSupplier::getAsLong, "given_up");
        registry.gauge(Family.ALERTS_DEAD, dead::getAsLong);
    }

    /// Names where it is read whether another process runs under this node's name. Once.
    public void watchTwin(BooleanSupplier twin) {
        registry.gauge(Family.NODE_TWIN, () -> twin.getAsBoolean() ? 1 : 0);
    }

    /// Names where the shipper's totals are read; they only ever rise. Once.
    public void watchShipper(LongSupplier eventsStored, LongSupplier errors, LongSupplier sentAgain) {
        registry.sum(Family.SHIPPER_SENT_AGAIN, sentAgain, LongSupplier::getAsLong);
        registry.sum(Family.SHIPPER_STORED, eventsStored, LongSupplier::getAsLong);
        registry.sum(Family.SHIPPER_ERRORS, errors, LongSupplier::getAsLong);
    }

    /// Names the sink that is read. Once.
    public void watchSink(Sink sink) {
        registry.sum(Family.SINK_STORED, sink, Sink::storedEvents);
        registry.sum(Family.SINK_PASSED_OVER, sink, Sink::passedOver);
        for (Poison reason : Poison.values()) {
            registry.sum(Family.SINK_DEAD_LETTERS, sink, read -> read.deadLetters(reason), reason.id());
        }
        registry.sum(Family.SINK_ERRORS, sink, Sink::failedSteps);
        registry.gauge(Family.SINK_BEHIND, sink::behind);
        registry.gauge(Family.SINK_PARTITIONS, sink::partitions);
    }

    /// Everything, in the Prometheus text format 0.0.4. Takes milliseconds: not for an event loop.
    public String scrape() {
        return registry.prometheus().scrape();
    }

    @Override
    public void close() {
        gc.close();
        registry.prometheus().close();
    }

    private void countRefusal(Family family, String code, String route) {
        registry.counter(family, named(route), codes.admit(code)).increment();
    }

    private RouteMeters route(String route, String provider) {
        var key = new RouteKey(named(route), named(provider));
        var meters = routes.get(key);
        return meters != null
                ? meters
                : routes.computeIfAbsent(key, k -> new RouteMeters(registry, k.route(), k.provider()));
    }

    /// A model earns its label when an upstream answers with it: what clients merely ask for could be anything.
    private String modelLabel(UsageEvent event) {
        if (event.modelAnswered() != null) {
            return models.admit(event.modelAnswered());
        }
        return event.modelAsked() == null ? NONE : models.known(event.modelAsked());
    }

    private static String named(String name) {
        return name.isEmpty() ? NONE : name;
    }

    private record RouteKey(String route, String provider) {}
}
