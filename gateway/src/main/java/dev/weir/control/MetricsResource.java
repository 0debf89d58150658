package dev.weir.control;

import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.function.Supplier;

/// What Prometheus scrapes, at `/metrics`.
public final class MetricsResource implements Resource {
    private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final Supplier<String> scrape;

    /// @param scrape all metrics in the Prometheus text format 0.0.4; called on a virtual thread
    public MetricsResource(Supplier<String> scrape) {
        this.scrape = scrape;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("getMetrics", request -> new Reply.Raw(CONTENT_TYPE, Buffer.buffer(scrape.get())));
    }
}
