package dev.weir.control;

import dev.weir.telemetry.Metrics;
import io.vertx.core.buffer.Buffer;
import java.util.Map;

/// What Prometheus scrapes, at `/metrics`.
public final class MetricsResource implements Resource {
    private final Metrics metrics;

    public MetricsResource(Metrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("getMetrics",
                request -> new Reply.Raw(Metrics.CONTENT_TYPE, Buffer.buffer(metrics.scrape())));
    }
}
