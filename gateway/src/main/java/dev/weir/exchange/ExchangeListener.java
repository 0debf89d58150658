package dev.weir.exchange;

import dev.weir.event.UsageEvent;

/// Hears how calls end; metrics are made of it. Called on event loops, must not wait.
public interface ExchangeListener {
    /// A call's head passed its check and a route was found.
    void callBegan(String route);

    void callEnded(String route);

    /// An attempt's settlement, or a refusal, is kept (or could not be: the event says so).
    void ended(UsageEvent event);

    /// A refusal of which no event is made: no tenant to book it on.
    void refused(String route, String code);

    /// A request head that was refused before routing.
    void headRefused(String reason);
}
