package dev.weir.exchange;

import dev.weir.admission.RefusalCode;
import dev.weir.event.UsageEvent;

/// Hears how calls end; metrics are made of it. Called on event loops, must not wait.
public interface ExchangeListener {
    /// An attempt ended, or a call of a known tenant was refused.
    void ended(UsageEvent event);

    /// A call was refused of which no event is made: there is no tenant to book it on.
    ///
    /// @param route the configured name, empty where none matched
    void refused(RefusalCode code, String route);

    /// A connection was closed as soon as it was opened, because there are too many. Called on acceptor threads.
    ///
    /// @param limit `total` or `address`
    void connectionRefused(String limit);
}
