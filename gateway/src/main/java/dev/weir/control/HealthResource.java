package dev.weir.control;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether this node lives and whether it can take traffic.
public final class HealthResource implements Resource {
    private static final Logger LOG = LoggerFactory.getLogger(HealthResource.class);
    /// A check that has not answered by then is down.
    static final Duration DEADLINE = Duration.ofSeconds(2);

    private final List<HealthCheck> checks;
    private final Duration deadline;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();

    public HealthResource(List<HealthCheck> checks) {
        this(checks, DEADLINE);
    }

    HealthResource(List<HealthCheck> checks, Duration deadline) {
        this.checks = List.copyOf(checks);
        this.deadline = deadline;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("getLiveness", request -> Reply.ok(new JsonObject().put("status", "up")), "getReadiness",
                request -> ready());
    }

    private Reply ready() {
        var running = checks.stream().map(this::begin).toList();
        var results = new JsonArray();
        boolean up = true;
        for (int i = 0; i < checks.size(); i++) {
            Optional<String> complaint = running.get(i).join();
            up &= complaint.isEmpty();
            var result = new JsonObject().put("name", checks.get(i).name())
                    .put("status", complaint.isEmpty() ? "up" : "down");
            complaint.ifPresent(reason -> result.put("reason", reason));
            checks.get(i).warning().get().ifPresent(warning -> result.put("warning", warning));
            results.add(result);
        }
        var body = new JsonObject().put("status", up ? "up" : "down").put("checks", results);
        return new Reply.Json(up ? 200 : 503, body);
    }

    private CompletableFuture<Optional<String>> begin(HealthCheck check) {
        return CompletableFuture.supplyAsync(check.complaint(), workers)
                .completeOnTimeout(Optional.of("no answer within " + deadline.toMillis() + " ms"), deadline.toMillis(),
                        TimeUnit.MILLISECONDS)
                .exceptionally(failure -> Optional.of(broken(check, failure)));
    }

    private static String broken(HealthCheck check, Throwable failure) {
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        LOG.warn("the health check {} failed", check.name(), cause);
        return "the check itself failed with " + cause.getClass().getSimpleName() + "; the log says more";
    }
}
