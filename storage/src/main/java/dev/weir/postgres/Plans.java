package dev.weir.postgres;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Plan;
import dev.weir.usage.Meter;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/// The table of plans. Blocks; any thread but an event loop. A change reaches every node's snapshot by [Directory]. Plans are
/// never removed: tenants are on them.
public final class Plans {
    static final String COLUMNS = "id, limits, forbids, converts_to";
    private static final String CREATE = "INSERT INTO weir.plans (id, limits, forbids, at_limit, converts_to)"
            + " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING " + COLUMNS;
    private static final String CHANGE = "UPDATE weir.plans SET limits = $2, forbids = $3, at_limit = $4,"
            + " converts_to = $5 WHERE id = $1 RETURNING " + COLUMNS;
    private static final String FIND = "SELECT " + COLUMNS + " FROM weir.plans WHERE id = $1";
    private static final String PAGE = "SELECT " + COLUMNS + " FROM weir.plans WHERE id > $1 ORDER BY id LIMIT $2";

    private final Readers readers;

    Plans(Readers readers) {
        this.readers = readers;
    }

    /// @param plan what it converts to is there
    /// @return false where a plan of that id is there already
    public boolean create(Plan plan) {
        return readers.app().asNobody(statements -> first(statements.query(CREATE, arguments(plan)))).isPresent();
    }

    /// Gives the plan of that id what the given one has.
    ///
    /// @return false where there is none
    public boolean change(Plan plan) {
        return readers.app().asNobody(statements -> first(statements.query(CHANGE, arguments(plan)))).isPresent();
    }

    public Optional<Plan> find(String id) {
        return readers.app().asNobody(statements -> first(statements.query(FIND, Tuple.of(id))));
    }

    /// In the order of their ids.
    ///
    /// @param after the last id of the page before, empty for the first page
    public List<Plan> list(String after, int limit) {
        return readers.app().asNobody(statements -> {
            var plans = new ArrayList<Plan>();
            statements.query(PAGE, Tuple.of(after, limit)).forEach(row -> read(row).ifPresent(plans::add));
            return plans;
        });
    }

    private static Tuple arguments(Plan plan) {
        var limits = new JsonArray();
        plan.limits().forEach(limit -> limits.add(Limits.json(limit)));
        return Tuple.tuple()
                .addValue(plan.id())
                .addValue(limits)
                .addValue(plan.forbids().stream().sorted().map(Meter::id).toArray(String[]::new))
                .addValue(plan.convertsTo() == null ? "block" : "convert")
                .addValue(plan.convertsTo());
    }

    private static Optional<Plan> first(Iterable<Row> rows) {
        var iterator = rows.iterator();
        return iterator.hasNext() ? read(iterator.next()) : Optional.empty();
    }

    /// A limit or a forbidden meter that does not fit is left out of its plan.
    static Optional<Plan> read(Row row) {
        String id = row.getString("id");
        var limits = new ArrayList<Limit>();
        for (Object each : row.get(JsonArray.class, "limits")) {
            Limits.fitting("limit of plan " + id, () -> (JsonObject) each)
                    .flatMap(json -> Limits.read(id, json))
                    .ifPresent(limits::add);
        }
        var forbids = EnumSet.noneOf(Meter.class);
        for (String meter : row.getArrayOfStrings("forbids")) {
            Limits.fitting("ban of '" + meter + "' by plan " + id, () -> Meter.byId(meter)
                    .orElseThrow(
                            () -> new IllegalArgumentException("there is no such meter")))
                    .ifPresent(forbids::add);
        }
        return Limits.fitting("plan " + id, () -> new Plan(id, limits, forbids, row.getString("converts_to")));
    }
}
