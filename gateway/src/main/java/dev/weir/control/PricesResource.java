package dev.weir.control;

import dev.weir.port.Clock;
import dev.weir.rating.PriceBook;
import dev.weir.usage.ModelId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// What has a price and what has none: `/api/prices`.
public final class PricesResource implements Resource {
    private static final int DAYS_DEFAULT = 30;

    private final EventQueries events;
    private final Supplier<PriceBook> prices;
    private final Clock clock;

    /// @param prices the price book in force
    public PricesResource(EventQueries events, Supplier<PriceBook> prices, Clock clock) {
        this.events = events;
        this.prices = prices;
        this.clock = clock;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("listUnpricedModels", this::unpriced);
    }

    private Reply unpriced(Request request) {
        var text = request.optional("since");
        var since = text == null
                ? Optional.of(clock.now().atOffset(ZoneOffset.UTC).toLocalDate().minusDays(DAYS_DEFAULT))
                : day(text);
        if (since.isEmpty()) {
            return Reply.failed(Problem.invalid("since", "is no day of the calendar", "A day such as 2026-03-14."));
        }
        PriceBook book = prices.get();
        var items = new JsonArray();
        for (var model : events.unpriced(Period.since(since.get(), clock.now()))) {
            items.add(json(model, book));
        }
        return Reply.ok(new JsonObject().put("price_version", book.version()).put("items", items));
    }

    /// A model may have got its price since: what was used before keeps its cost of null all the same.
    private JsonObject json(EventQueries.UnpricedModel found, PriceBook book) {
        String name = found.model();
        boolean priced = name != null && name.length() <= ModelId.LENGTH_MAX
                && book.lists(found.provider(), name, clock.now());
        return new JsonObject().put("provider", found.provider())
                .put("model", name)
                .put("service_tier", found.serviceTier())
                .put("events", found.events())
                .put("first_day", found.first().toString())
                .put("last_day", found.last().toString())
                .put("priced_now", priced);
    }

    private static Optional<LocalDate> day(String text) {
        try {
            return Optional.of(LocalDate.parse(text));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
