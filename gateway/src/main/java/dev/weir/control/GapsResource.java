package dev.weir.control;

import dev.weir.postgres.Gaps.Noticed;
import dev.weir.spool.Gap;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is known to be missing: `/api/gaps`.
public final class GapsResource implements Resource {
    private static final int CURSOR_PARTS = 5;

    private final Pages gaps;

    public GapsResource(Pages gaps) {
        this.gaps = gaps;
    }

    /// Where gaps are read from. May wait; virtual threads only.
    @FunctionalInterface
    public interface Pages {
        /// Newest first.
        ///
        /// @param after the last one of the page before, null for the first page
        List<Noticed> list(@Nullable Noticed after, int limit);
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("listGaps", this::list);
    }

    private Reply list(Request request) {
        Noticed after = null;
        var cursor = request.optional("cursor");
        if (cursor != null) {
            var position = position(cursor);
            if (position.isEmpty()) {
                return Reply.failed(Page.badCursor());
            }
            after = position.get();
        }
        var found = gaps.list(after, request.limit() + 1);
        return Reply.ok(Page.of(found, request.limit(), GapsResource::json, GapsResource::cursor));
    }

    static JsonObject json(Noticed noticed) {
        Gap gap = noticed.gap();
        return new JsonObject().put("node", gap.node())
                .put("epoch", gap.epoch())
                .put("first_seq", gap.firstSeq())
                .put("last_seq", gap.lastSeq())
                .put("reason", gap.reason().id())
                .put("noticed_at", Times.text(noticed.noticedAt()));
    }

    private static List<String> cursor(Noticed last) {
        Gap gap = last.gap();
        return List.of(last.noticedAt().toString(), gap.node(), Long.toString(gap.epoch()),
                Long.toString(gap.firstSeq()), gap.lastSeq() == null ? "" : gap.lastSeq().toString());
    }

    private static Optional<Noticed> position(String cursor) {
        try {
            return Page.decode(cursor, CURSOR_PARTS)
                    .flatMap(parts -> Times.parse(parts.getFirst())
                            .map(time -> new Noticed(new Gap(parts.get(1), Long.parseLong(parts.get(2)),
                                    Long.parseLong(parts.get(3)),
                                    parts.get(4).isEmpty() ? null : Long.valueOf(parts.get(4)), Gap.Reason.MISSING),
                                    time)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
