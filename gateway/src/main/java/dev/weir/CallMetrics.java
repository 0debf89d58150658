package dev.weir;

import dev.weir.admission.RefusalCode;
import dev.weir.event.UsageEvent;
import dev.weir.exchange.ExchangeListener;
import dev.weir.telemetry.Metrics;

/// Makes metrics of what the exchanges say.
record CallMetrics(Metrics metrics) implements ExchangeListener {
    @Override
    public void ended(UsageEvent event) {
        metrics.attemptEnded(event);
    }

    @Override
    public void refused(RefusalCode code, String route) {
        metrics.refused(code, route);
    }

    @Override
    public void connectionRefused(String limit) {
        metrics.connectionRefused(limit);
    }
}
