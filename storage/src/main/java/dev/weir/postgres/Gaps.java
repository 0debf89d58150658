package dev.weir.postgres;

import dev.weir.spool.Gap;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads what is on record as missing. Blocks; any thread but an event loop.
public final class Gaps {
    private static final String COLUMNS = "SELECT node, epoch, first_seq, last_seq, reason, noticed_at FROM weir.gaps";
    private static final String ORDER = " ORDER BY noticed_at DESC, node, epoch, first_seq, coalesce(last_seq, 0) LIMIT $1";
    private static final String AFTER = " WHERE noticed_at < $2 OR noticed_at = $2"
            + " AND (node, epoch, first_seq, coalesce(last_seq, 0)) > ($3, $4, $5, $6)";

    private final Client auditor;

    Gaps(Client auditor) {
        this.auditor = auditor;
    }

    /// @param noticedAt the database's clock when it was written down
    public record Noticed(Gap gap, Instant noticedAt) {}

    /// Newest first.
    ///
    /// @param after the last of the page before, null for the first page
    /// @param limit 1 or more
    public List<Noticed> list(@Nullable Noticed after, int limit) {
        Tuple arguments = Tuple.of(limit);
        if (after != null) {
            Gap gap = after.gap();
            arguments.addValue(after.noticedAt().atOffset(ZoneOffset.UTC))
                    .addValue(gap.node())
                    .addValue(gap.epoch())
                    .addValue(gap.firstSeq())
                    .addValue(gap.lastSeq() == null ? 0L : gap.lastSeq());
        }
        var found = new ArrayList<Noticed>();
        auditor.query(COLUMNS + (after == null ? "" : AFTER) + ORDER, arguments).forEach(row -> found.add(read(row)));
        return found;
    }

    static Noticed read(Row row) {
        return new Noticed(new Gap(row.getString("node"), row.getLong("epoch"), row.getLong("first_seq"),
                row.getLong("last_seq"), reason(row.getString("reason"))),
                row.get(OffsetDateTime.class, "noticed_at").toInstant());
    }

    private static Gap.Reason reason(String id) {
        return Arrays.stream(Gap.Reason.values())
                .filter(reason -> reason.id().equals(id))
                .findFirst()
                .orElse(Gap.Reason.MISSING);
    }
}
