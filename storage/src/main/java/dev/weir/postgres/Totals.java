package dev.weir.postgres;

import dev.weir.rollup.UsageTotal;
import dev.weir.usage.Meter;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.data.Numeric;
import java.math.BigInteger;
import java.util.EnumMap;
import java.util.stream.Collectors;

/// The sums of a total in SQL, and back.
final class Totals {
    private static final int COST_SCALE = 12;
    private static final String METERS_OF = UsageTotal.METERS.stream()
            .map(meter -> ", coalesce(sum(" + meter.id() + "), 0)::numeric AS " + meter.id())
            .collect(Collectors.joining());
    /// Over a table of totals.
    static final String OF_TOTALS = "coalesce(sum(events), 0)::numeric AS events,"
            + " coalesce(sum(attempts), 0)::numeric AS attempts,"
            + " coalesce(sum(unpriced), 0)::numeric AS unpriced, coalesce(sum(cost), 0)::numeric AS cost" + METERS_OF;
    /// Over events.
    static final String OF_EVENTS = "count(*)::numeric AS events,"
            + " (count(*) FILTER (WHERE outcome NOT IN ('blocked', 'refused')))::numeric AS attempts,"
            + " (count(*) FILTER (WHERE cost IS NULL))::numeric AS unpriced, coalesce(sum(cost), 0)::numeric AS cost"
            + METERS_OF;

    private Totals() {}

    static UsageTotal read(Row row) {
        var meters = new EnumMap<Meter, BigInteger>(Meter.class);
        for (Meter meter : UsageTotal.METERS) {
            meters.put(meter, whole(row, meter.id()));
        }
        return new UsageTotal(whole(row, "events"), whole(row, "attempts"), whole(row, "unpriced"),
                row.get(Numeric.class, "cost").bigDecimalValue().movePointRight(COST_SCALE).toBigIntegerExact(),
                meters);
    }

    private static BigInteger whole(Row row, String column) {
        return row.get(Numeric.class, column).bigDecimalValue().toBigIntegerExact();
    }
}
