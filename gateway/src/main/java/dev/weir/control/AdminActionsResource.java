package dev.weir.control;

import dev.weir.postgres.AdminActions.Action;
import dev.weir.tenant.TenantId;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Who changed what through the control plane: `/api/admin-actions`. It is only read: the database adds to it with each change.
public final class AdminActionsResource implements Resource {
    private final RuleAdmin rules;

    public AdminActionsResource(RuleAdmin rules) {
        this.rules = rules;
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("listAdminActions", this::list);
    }

    private Reply list(Request request) {
        var cursor = request.optional("cursor");
        var before = cursor == null ? OptionalLong.of(Long.MAX_VALUE) : position(cursor);
        if (before.isEmpty()) {
            return Reply.failed(Page.badCursor());
        }
        var tenant = request.optional("tenant");
        var found = rules.actions(tenant == null ? null : new TenantId(tenant), before.getAsLong(),
                request.limit() + 1);
        return Reply.ok(Page.of(found, request.limit(), AdminActionsResource::json,
                each -> List.of(Long.toString(each.id()))));
    }

    private static OptionalLong position(String cursor) {
        try {
            return Page.decode(cursor, 1)
                    .map(parts -> OptionalLong.of(Long.parseLong(parts.getFirst())))
                    .orElse(OptionalLong.empty());
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private static JsonObject json(Action action) {
        return new JsonObject().put("id", action.id())
                .put("time", Times.text(action.time()))
                .put("who", action.who())
                .put("action", action.action())
                .put("tenant", action.tenant().isEmpty() ? null : action.tenant())
                .put("target", action.target())
                .put("before", action.before())
                .put("after", action.after());
    }
}
