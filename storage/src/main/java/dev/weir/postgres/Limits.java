package dev.weir.postgres;

import dev.weir.postgres.TenantLimit.Source;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The table of tenants' own limits. Blocks; any thread but an event loop. A change reaches every node's snapshot by
/// [Directory]; a row that this version of Weir cannot read is left out wherever rows are read, and logged as an error.
public final class Limits {
    private static final Logger LOG = LoggerFactory.getLogger(Limits.class);
    static final String COLUMNS = "tenant, id, kind, value, meter, \"window\", zone, amount, action, alerts, source";
    private static final String INSERT = "INSERT INTO weir.limits (" + COLUMNS
            + ") SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11"
            + " WHERE EXISTS (SELECT FROM weir.tenants WHERE id = $1)";
    private static final String CREATE = INSERT + " ON CONFLICT DO NOTHING RETURNING id";
    private static final String PUT = INSERT + " ON CONFLICT (tenant, id) DO UPDATE SET amount = excluded.amount,"
            + " action = excluded.action, alerts = excluded.alerts RETURNING id";
    private static final String CHANGE = "UPDATE weir.limits SET amount = $3, action = $4, alerts = $5"
            + " WHERE tenant = $1 AND id = $2 AND source = $6 RETURNING " + COLUMNS;
    private static final String DELETE = "DELETE FROM weir.limits WHERE tenant = $1 AND id = $2 AND source = $3"
            + " RETURNING id";
    private static final String FIND = "SELECT " + COLUMNS + " FROM weir.limits WHERE tenant = $1 AND id = $2";
    private static final String PAGE = "SELECT " + COLUMNS
            + " FROM weir.limits WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";

    private final Readers readers;

    Limits(Readers readers) {
        this.readers = readers;
    }

    /// @return false where the tenant has a limit of that id already, or there is no such tenant
    public boolean create(TenantLimit limit) {
        return readers.app().asTenant(limit.tenant(), statements -> isAny(statements.query(CREATE, arguments(limit))));
    }

    /// Creates it, or gives the one of its id its amount, action and alerts.
    ///
    /// @return false where there is no such tenant
    public boolean put(TenantLimit limit) {
        return readers.app().asTenant(limit.tenant(), statements -> put(statements, limit));
    }

    static boolean put(Client.Statements statements, TenantLimit limit) throws ExecutionException, TimeoutException {
        return isAny(statements.query(PUT, arguments(limit)));
    }

    /// Gives the limit of that id and source its amount, action and alerts; its scope stays.
    ///
    /// @return empty where there is none
    public Optional<TenantLimit> change(TenantLimit limit) {
        Limit to = limit.limit();
        var arguments = Tuple.of(limit.tenant().value(), to.id(), to.amount(), to.action().id(), alerts(to),
                limit.source().id());
        return readers.app().asTenant(limit.tenant(), statements -> first(statements.query(CHANGE, arguments)));
    }

    /// @return false where there is none of that source
    public boolean delete(TenantId tenant, String id, Source source) {
        return readers.app().asTenant(tenant, statements -> delete(statements, tenant, id, source));
    }

    static boolean delete(Client.Statements statements, TenantId tenant, String id, Source source)
            throws ExecutionException, TimeoutException {
        return isAny(statements.query(DELETE, Tuple.of(tenant.value(), id, source.id())));
    }

    public Optional<TenantLimit> find(TenantId tenant, String id) {
        return readers.app()
                .asTenant(tenant, statements -> first(statements.query(FIND, Tuple.of(tenant.value(), id))));
    }

    /// In the order of their ids.
    ///
    /// @param after the last id of the page before, empty for the first page
    public List<TenantLimit> list(TenantId tenant, String after, int limit) {
        return readers.app().asTenant(tenant, statements -> {
            var limits = new ArrayList<TenantLimit>();
            statements.query(PAGE, Tuple.of(tenant.value(), after, limit))
                    .forEach(row -> read(row).ifPresent(limits::add));
            return limits;
        });
    }

    private static Tuple arguments(TenantLimit row) {
        Limit limit = row.limit();
        return Tuple.tuple()
                .addValue(row.tenant().value())
                .addValue(limit.id())
                .addValue(limit.entity().kind().id())
                .addValue(limit.entity().value())
                .addValue(limit.measure().id())
                .addValue(limit.window().id())
                .addValue(limit.zoneName())
                .addValue(limit.amount())
                .addValue(limit.action().id())
                .addValue(alerts(limit))
                .addValue(row.source().id());
    }

    private static Integer[] alerts(Limit limit) {
        return limit.alerts().toArray(Integer[]::new);
    }

    private static boolean isAny(Iterable<Row> rows) {
        return rows.iterator().hasNext();
    }

    private static Optional<TenantLimit> first(Iterable<Row> rows) {
        var iterator = rows.iterator();
        return iterator.hasNext() ? read(iterator.next()) : Optional.empty();
    }

    static Optional<TenantLimit> read(Row row) {
        String tenant = row.getString("tenant");
        return fitting("limit " + row.getString("id") + " of tenant " + tenant,
                () -> new TenantLimit(new TenantId(tenant),
                        new Limit(row.getString("id"), entity(row.getString("kind"), row.getString("value")),
                                measure(row.getString("meter")), window(row.getString("window")),
                                Limit.zoneOf(row.getString("zone")), row.getLong("amount"),
                                action(row.getString("action")),
                                Arrays.stream(row.getArrayOfIntegers("alerts")).toList()),
                        Source.valueOf(row.getString("source").toUpperCase(Locale.ROOT))));
    }

    /// A limit inside a plan.
    static Optional<Limit> read(String plan, JsonObject json) {
        return fitting("limit " + json.getString("id") + " of plan " + plan,
                () -> new Limit(json.getString("id"), entity(json.getString("kind"), json.getString("value")),
                        measure(json.getString("meter")), window(json.getString("window")),
                        Limit.zoneOf(json.getString("zone")), json.getLong("amount"), action(json.getString("action")),
                        numbers(json.getJsonArray("alerts"))));
    }

    static JsonObject json(Limit limit) {
        return new JsonObject().put("id", limit.id())
                .put("kind", limit.entity().kind().id())
                .put("value", limit.entity().value())
                .put("meter", limit.measure().id())
                .put("window", limit.window().id())
                .put("zone", limit.zoneName())
                .put("amount", limit.amount())
                .put("action", limit.action().id())
                .put("alerts", new JsonArray(limit.alerts()));
    }

    /// What is read, unless it does not fit: a bad row must not take the good ones away.
    static <T> Optional<T> fitting(String what, Supplier<T> reading) {
        try {
            return Optional.of(reading.get());
        } catch (IllegalArgumentException | ClassCastException | NullPointerException bad) {
            LOG.error("the {} does not fit and IS NOT IN FORCE: {}. It was not written by this version of Weir; mend or"
                    + " delete it.", what, bad.getMessage());
            return Optional.empty();
        }
    }

    private static Entity entity(String kind, String value) {
        return new Entity(known("kind of entity", kind, Entity.Kind.byId(kind)), value);
    }

    private static Measure measure(String meter) {
        return known("meter", meter, Measure.byId(meter));
    }

    private static Window window(String window) {
        return known("window", window, Window.byId(window));
    }

    private static Limit.Action action(String action) {
        return known("action", action, Limit.Action.byId(action));
    }

    private static <T> T known(String what, String id, Optional<T> found) {
        return found.orElseThrow(() -> new IllegalArgumentException("there is no " + what + " '" + id + "'"));
    }

    private static List<Integer> numbers(JsonArray array) {
        return IntStream.range(0, array.size()).mapToObj(array::getInteger).toList();
    }
}
