package dev.weir.telemetry;

import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.usage.Meter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// The resolved meters of one route and provider, so that an ending call looks up no label. Any thread.
///
/// Routes and providers come from the configuration, so both are few.
final class RouteMeters {
    private static final int TOO_MANY_REQUESTS = 429;

    private final Registry registry;
    private final String route;
    private final String provider;

    private final Counter calls;
    private final Counter retries;
    private final Counter clientRetries;
    private final Counter rateLimitAnswers;
    private final Map<Outcome, Counter> attempts = new EnumMap<>(Outcome.class);
    private final Counter clientIn;
    private final Counter upstreamOut;
    private final Counter upstreamIn;
    private final Counter clientOut;
    private final Timer latency;
    private final Timer firstToken;
    private final Map<String, ModelMeters> models = new ConcurrentHashMap<>();

    RouteMeters(Registry registry, String route, String provider) {
        this.registry = registry;
        this.route = route;
        this.provider = provider;
        calls = registry.counter(Family.CALLS, route);
        retries = registry.counter(Family.RETRIES, route);
        clientRetries = registry.counter(Family.CLIENT_RETRIES, route);
        rateLimitAnswers = registry.counter(Family.RATE_LIMIT_ANSWERS, route, provider);
        for (Outcome outcome : Outcome.values()) {
            if (outcome.isAttempt()) {
                attempts.put(outcome, registry.counter(Family.ATTEMPTS, route, provider, outcome.id()));
            }
        }
        clientIn = registry.counter(Family.PAYLOAD, route, "client_in");
        upstreamOut = registry.counter(Family.PAYLOAD, route, "upstream_out");
        upstreamIn = registry.counter(Family.PAYLOAD, route, "upstream_in");
        clientOut = registry.counter(Family.PAYLOAD, route, "client_out");
        latency = registry.callTimer(Family.ATTEMPT_LATENCY, route, provider);
        firstToken = registry.callTimer(Family.FIRST_TOKEN, route, provider);
    }

    void call(boolean retriedByClient) {
        calls.increment();
        if (retriedByClient) {
            clientRetries.increment();
        }
    }

    void bytes(UsageEvent event) {
        var bytes = event.bytes();
        clientIn.increment(bytes.clientIn());
        upstreamOut.increment(bytes.upstreamOut());
        upstreamIn.increment(bytes.upstreamIn());
        clientOut.increment(bytes.clientOut());
    }

    void attempt(UsageEvent event, String model) {
        var counter = attempts.get(event.outcome());
        if (counter != null) {
            counter.increment();
        }
        if (event.attempt() > 1) {
            retries.increment();
        }
        if (event.upstreamStatus() == TOO_MANY_REQUESTS) {
            rateLimitAnswers.increment();
        }
        latency.record(event.latencyNanos(), TimeUnit.NANOSECONDS);
        if (event.firstTokenNanos() >= 0) {
            firstToken.record(event.firstTokenNanos(), TimeUnit.NANOSECONDS);
        }
        model(model).add(event);
        if (event.flags().bits() != 0) {
            flags(event.flags());
        }
    }

    private ModelMeters model(String name) {
        var meters = models.get(name);
        return meters != null ? meters : models.computeIfAbsent(name, ModelMeters::new);
    }

    private void flags(Flags flags) {
        for (var flag : flags.asSet()) {
            if (flag != Flags.Flag.UNPRICED) {
                registry.counter(Family.FLAGGED, route, flag.id()).increment();
            }
        }
    }

    /// What is counted by model: made on first use, so that a model without cached tokens has no series for them.
    private final class ModelMeters {
        private final String model;
        private final Map<Meter, Counter> tokens = new ConcurrentHashMap<>();
        private final MoneyCounter cost = new MoneyCounter();

        ModelMeters(String model) {
            this.model = model;
            registry.sum(Family.COST, cost, MoneyCounter::usd, route, provider, model);
        }

        void add(UsageEvent event) {
            event.quantities().forEach((meter, amount, provenance) -> {
                if (isTokens(meter) && amount > 0) {
                    tokens.computeIfAbsent(meter, this::counter).increment(amount);
                }
            });
            var amount = event.cost();
            if (amount != null) {
                cost.add(amount);
            }
            if (event.flags().has(Flags.Flag.UNPRICED)) {
                registry.counter(Family.UNPRICED, route, provider, model).increment();
            }
        }

        private Counter counter(Meter meter) {
            return registry.counter(Family.TOKENS, route, provider, model, meter.id());
        }
    }

    private static boolean isTokens(Meter meter) {
        return switch (meter) {
            case TOKENS_IN, TOKENS_OUT, CACHE_READ, CACHE_WRITE, CACHE_WRITE_1H, REASONING, AUDIO_IN, AUDIO_OUT,
                    IMAGE_IN, IMAGE_OUT ->
                true;
            case TOKENS, SECONDS, SEARCHES, TOOL_CALLS, TOOL_CALLS_REQUESTED, IMAGES_GENERATED, EGRESS_BYTES,
                    INGRESS_BYTES, CALLS, READS, WRITES, WEBHOOK_INGESTS, RATE_LIMITED, RETRIES, COST,
                    CHARACTERS, PAGES ->
                false;
        };
    }
}
