package dev.weir.control;

import dev.weir.control.EventQueries.Filter;
import dev.weir.control.EventQueries.Position;
import dev.weir.control.EventQueries.StoredEvent;
import dev.weir.event.EventId;
import dev.weir.event.Outcome;
import dev.weir.tenant.TenantId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What was metered: `/api/events`.
public final class EventsResource implements Resource {
    private static final int CURSOR_PARTS = 4;

    private final EventQueries events;

    public EventsResource(EventQueries events) {
        this.events = events;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("listEvents", this::list);
    }

    private Reply list(Request request) {
        var faults = new ArrayList<Problem.Field>();
        var from = time(request, "from", faults);
        var to = time(request, "to", faults);
        if (from != null && to != null && !from.isBefore(to)) {
            faults.add(new Problem.Field("to", "is not after `from`: no time lies between them",
                    "`from` is included, `to` is not."));
        }
        if (!faults.isEmpty()) {
            return Reply.failed(Problem.invalid(faults));
        }
        Position after = null;
        var cursor = request.optional("cursor");
        if (cursor != null) {
            var position = position(cursor);
            if (position.isEmpty()) {
                return Reply.failed(Page.badCursor());
            }
            after = position.get();
        }
        var found = events.events(filter(request, from, to), after, request.limit() + 1);
        return Reply.ok(Page.of(found, request.limit(), EventJson::of, EventsResource::cursor));
    }

    private static Filter filter(Request request, @Nullable Instant from, @Nullable Instant to) {
        var tenant = request.optional("tenant");
        var outcome = request.optional("outcome");
        return new Filter(tenant == null ? null : new TenantId(tenant), request.optional("run"),
                request.optional("key"), request.optional("user"), request.optional("route"), request.optional("model"),
                outcome == null ? null : Outcome.byId(outcome).orElseThrow(), from, to);
    }

    private static @Nullable Instant time(Request request, String name, List<Problem.Field> faults) {
        var text = request.optional(name);
        if (text == null) {
            return null;
        }
        var time = Times.parse(text);
        if (time.isEmpty()) {
            faults.add(new Problem.Field(name, "names no moment of the calendar",
                    "A time by RFC 3339, such as 2026-03-14T09:26:53Z."));
        }
        return time.orElse(null);
    }

    private static List<String> cursor(StoredEvent last) {
        var id = last.id();
        return List.of(last.event().time().toString(), id.node(), Long.toString(id.epoch()), Long.toString(id.seq()));
    }

    private static Optional<Position> position(String cursor) {
        try {
            return Page.decode(cursor, CURSOR_PARTS)
                    .flatMap(parts -> Times.parse(parts.getFirst())
                            .map(time -> new Position(time, new EventId(parts.get(1), Long.parseLong(parts.get(2)),
                                    Long.parseLong(parts.get(3))))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
