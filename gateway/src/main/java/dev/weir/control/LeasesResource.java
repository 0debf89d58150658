package dev.weir.control;

import dev.weir.lease.LeaseKey;
import dev.weir.postgres.LeaseRows.Lease;
import dev.weir.postgres.LeaseRows.Position;
import dev.weir.postgres.PostgresLeases.Forfeiture;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What each node holds of the caps that nodes share: `/api/leases`.
public final class LeasesResource implements Resource {
    private static final int CURSOR_PARTS = 6;

    private final Pages leases;
    private final Forfeits forfeits;

    public LeasesResource(Pages leases, Forfeits forfeits) {
        this.leases = leases;
        this.forfeits = forfeits;
    }

    /// Where leases are read from. May wait; virtual threads only.
    @FunctionalInterface
    public interface Pages {
        /// Of windows that have not ended, by node and then by counter.
        ///
        /// @param after the last one of the page before, null for the first page
        List<Lease> list(@Nullable Position after, int limit);
    }

    /// Who gives up what a node was lent. May wait; virtual threads only.
    @FunctionalInterface
    public interface Forfeits {
        Forfeiture forfeit(String node);
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("listLeases", this::list, "forfeitLeases", this::forfeit);
    }

    private Reply list(Request request) {
        Position after = null;
        var cursor = request.optional("cursor");
        if (cursor != null) {
            var position = position(cursor);
            if (position.isEmpty()) {
                return Reply.failed(Page.badCursor());
            }
            after = position.get();
        }
        var found = leases.list(after, request.limit() + 1);
        return Reply.ok(Page.of(found, request.limit(), LeasesResource::json, LeasesResource::cursor));
    }

    private Reply forfeit(Request request) {
        String node = request.body().getString("node");
        return switch (forfeits.forfeit(node)) {
            case Forfeiture.SetFree(var freed) -> {
                var counters = new JsonArray();
                freed.forEach(each -> counters.add(counter(each.key()).put("amount", each.amount())));
                yield Reply.ok(new JsonObject().put("node", node).put("set_free", counters));
            }
            case Forfeiture.NoSuchNode(String reason) -> Reply.failed(Problem.of(404, "not_found", "Not found",
                    reason + ". GET /api/leases lists the nodes."));
            case Forfeiture.StillSpends(String reason) -> Reply.failed(Problem.of(409, "leases_in_use",
                    "The node may still spend", reason + ". Stop it for good and ask again after that time."));
        };
    }

    private static JsonObject json(Lease lease) {
        return new JsonObject().put("node", lease.node())
                .put("epoch", lease.epoch())
                .put("spoken_at", text(lease.spokenAt()))
                .put("spends_until", text(lease.spendsUntil()))
                .mergeIn(counter(lease.key()))
                .put("lent", lease.lent())
                .put("lost", lease.lost())
                .put("used", lease.used());
    }

    private static JsonObject counter(LeaseKey key) {
        boolean ends = key.span().ends();
        return new JsonObject().put("tenant", key.tenant().value())
                .put("limit", key.limit())
                .put("scope", key.scope())
                .put("value", key.value())
                .put("starts", text(ends ? key.span().start() : null))
                .put("ends", text(ends ? key.span().end() : null));
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : Times.text(time);
    }

    private static List<String> cursor(Lease last) {
        Position position = Position.of(last);
        return List.of(position.node(), position.tenant(), position.limit(), position.scope(), position.value(),
                position.starts().toString());
    }

    private static Optional<Position> position(String cursor) {
        try {
            return Page.decode(cursor, CURSOR_PARTS)
                    .map(parts -> new Position(parts.getFirst(), parts.get(1), parts.get(2), parts.get(3), parts.get(4),
                            Instant.parse(parts.getLast())));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
