package dev.weir.postgres;

import dev.weir.money.Money;
import dev.weir.rollup.UsageTotal;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import io.vertx.sqlclient.data.Numeric;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What the ledger needs to begin again: what was used, by everything a limit can be on. Blocks; any thread but an event loop.
public final class Counters {
    private static final BigInteger LONG_MAX = BigInteger.valueOf(Long.MAX_VALUE);
    private static final Instant EARLIEST = Instant.parse("1970-01-01T00:00:00Z");
    private static final int COST_SCALE = 12;
    private static final String WATERMARKS = "SELECT node, epoch, seq FROM weir.watermarks";
    /// One row for all that agrees in its dimensions and lies in the same minute of the running hour, the same stretch
    /// of the days
    /// before, or anywhere before those.
    private static final String COLUMNS = "SELECT node, tenant, key_id, user_id, route, model_asked, run, tags,"
            + " max(time) AS time,"
            + " sum(cost) AS cost" + UsageTotal.METERS.stream()
                    .map(meter -> ", sum(" + meter.id() + ")::numeric AS " + meter.id())
                    .collect(Collectors.joining())
            + " FROM weir.usage_events WHERE tenant <> '' AND outcome NOT IN ('blocked', 'refused')"
            + " AND day >= $1 AND time >= $2";
    private static final String GROUPS = " GROUP BY node, tenant, key_id, user_id, route, model_asked, run, tags,"
            + " CASE WHEN time >= $4 THEN date_trunc('minute', time, 'UTC')"
            + " WHEN time >= $3 THEN date_bin(make_interval(secs => $5), time, '2001-01-01 00:00:00+00') END";
    private static final String USED = COLUMNS + GROUPS;
    private static final String USED_BEFORE = COLUMNS
            + " AND tenant = ANY($6) AND NOT (node = $7 AND epoch = $8 AND seq > $9)" + GROUPS;

    private final Client auditor;

    Counters(Client auditor) {
        this.auditor = auditor;
    }

    /// The sum of attempts that agree in everything but their time.
    ///
    /// @param node on which they ran
    /// @param model as asked for: what admission knew, and so what limits count
    /// @param time of the latest of them
    /// @param quantities cut to the largest `long`, never wrapped
    /// @param cost null where nothing was priced
    public record Used(String node, TenantId tenant, @Nullable KeyId key, @Nullable String user, String route,
            @Nullable String model, @Nullable String run, Map<String, String> tags, Instant time, Quantities quantities,
            @Nullable Money cost) {}

    /// Which events are in the sums: of a node's epoch all up to `seq`. What comes after is still in that node's spool.
    public record Watermark(String node, long epoch, long seq) {}

    /// Sums and watermarks of one moment.
    public record Sums(List<Watermark> watermarks, List<Used> used) {
        public Sums {
            watermarks = List.copyOf(watermarks);
            used = List.copyOf(used);
        }
    }

    /// What was used since `from`, in one pass over the events since then.
    ///
    /// Attempts of the running UTC hour are summed by minute; those before it, back to a day before the running UTC month, by
    /// `grain`; what is older, as one. So each sum lies whole in one run of every window it lies in, given the right grain.
    ///
    /// @param from where the longest window begins: the month, or [Instant#EPOCH] where a limit counts in total
    /// @param now the present moment
    /// @param grain a day where all limits are in UTC, a quarter of an hour where one is in another zone (offsets from UTC are
    ///            multiples of that); must divide a day
    public Sums since(Instant from, Instant now, Duration grain) {
        return sums(USED, arguments(from, now, grain));
    }

    /// What some tenants used since ever, as [#since] sums it.
    ///
    /// @param cut of this node's epoch only events up to this seq are in the sums; of all others, whatever is stored
    public Sums before(Watermark cut, Collection<TenantId> tenants, Instant now, Duration grain) {
        return sums(USED_BEFORE, arguments(Instant.EPOCH, now, grain)
                .addValue(tenants.stream().map(TenantId::value).toArray(String[]::new))
                .addValue(cut.node())
                .addValue(cut.epoch())
                .addValue(cut.seq()));
    }

    private static Tuple arguments(Instant from, Instant now, Duration grain) {
        long seconds = grain.toSeconds();
        if (seconds < 60 || Duration.ofDays(1).toSeconds() % seconds != 0) {
            throw new IllegalArgumentException("a grain is a minute or more and divides a day, not " + grain);
        }
        OffsetDateTime start = (from.isBefore(EARLIEST) ? EARLIEST : from).atOffset(ZoneOffset.UTC);
        OffsetDateTime moment = now.atOffset(ZoneOffset.UTC);
        OffsetDateTime month = moment.withDayOfMonth(1).with(LocalTime.MIN).minusDays(1);
        return Tuple.tuple()
                .addValue(start.toLocalDate())
                .addValue(start)
                .addValue(month)
                .addValue(moment.truncatedTo(ChronoUnit.HOURS))
                .addValue((double) seconds);
    }

    private Sums sums(String sql, Tuple arguments) {
        return auditor.snapshot(statements -> {
            var watermarks = new ArrayList<Watermark>();
            statements.query(WATERMARKS, Tuple.tuple())
                    .forEach(row -> watermarks.add(new Watermark(row.getString(0), row.getLong(1), row.getLong(2))));
            var used = new ArrayList<Used>();
            statements.query(sql, arguments).forEach(row -> used.add(used(row)));
            return new Sums(watermarks, used);
        });
    }

    private static Used used(Row row) {
        String key = row.getString("key_id");
        return new Used(row.getString("node"), new TenantId(row.getString("tenant")),
                key == null ? null : new KeyId(key),
                row.getString("user_id"),
                row.getString("route"), row.getString("model_asked"), row.getString("run"), tags(row),
                row.get(OffsetDateTime.class, "time").toInstant(), quantities(row), cost(row));
    }

    private static Map<String, String> tags(Row row) {
        var tags = new LinkedHashMap<String, String>();
        JsonObject json = row.getJsonObject("tags");
        if (json != null) {
            json.forEach(entry -> tags.put(entry.getKey(), entry.getValue().toString()));
        }
        return tags;
    }

    private static Quantities quantities(Row row) {
        var quantities = Quantities.builder();
        for (Meter meter : UsageTotal.METERS) {
            Numeric sum = row.get(Numeric.class, meter.id());
            if (sum != null) {
                quantities.reported(meter, cut(sum.bigDecimalValue()));
            }
        }
        return quantities.build();
    }

    private static @Nullable Money cost(Row row) {
        Numeric sum = row.get(Numeric.class, "cost");
        return sum == null ? null : Money.ofPicos(cut(sum.bigDecimalValue().movePointRight(COST_SCALE)));
    }

    private static long cut(BigDecimal sum) {
        BigInteger whole = sum.toBigIntegerExact();
        return whole.min(LONG_MAX).max(LONG_MAX.negate()).longValueExact();
    }
}
