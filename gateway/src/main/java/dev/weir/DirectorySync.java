package dev.weir;

import dev.weir.port.Clock;
import dev.weir.postgres.BudgetRow;
import dev.weir.postgres.Directory;
import dev.weir.postgres.TenantRow;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantDirectory.Snapshot;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps this node's snapshot of tenants, keys, plans, limits and budgets as new as the database, so that a key revoked on any
/// node is refused on every node within seconds. Waits for the database: not for event loops. Any thread; one at a time.
///
/// A row that does not fit the others is left out and logged as an error: it must not take the rest of the directory away.
final class DirectorySync {
    private static final Logger LOG = LoggerFactory.getLogger(DirectorySync.class);

    private final Directory stored;
    private final TenantDirectory directory;
    private final Clock clock;
    private @Nullable NewLimits newLimits;

    DirectorySync(Directory stored, TenantDirectory directory, Clock clock) {
        this.stored = stored;
        this.directory = directory;
        this.clock = clock;
    }

    /// From now on limits that come into force are given what was used of them before. Until then a start does it for all.
    synchronized void countPastBy(NewLimits counting) {
        newLimits = counting;
    }

    /// Takes in what is there now.
    synchronized void refresh() {
        long asked = clock.nanoTime();
        take(stored.load());
        directory.confirm(asked);
        countPast();
    }

    /// Takes in what is there, if something changed.
    synchronized void refreshIfNewer() {
        long asked = clock.nanoTime();
        stored.newerThan(directory.snapshot().version()).ifPresent(this::take);
        directory.confirm(asked);
        countPast();
    }

    private void take(Directory.Contents contents) {
        Snapshot before = directory.snapshot();
        Snapshot after = snapshot(contents);
        if (directory.swap(after) && newLimits != null) {
            newLimits.changed(before, after);
        }
    }

    private void countPast() {
        if (newLimits != null) {
            newLimits.countPast(directory.snapshot());
        }
    }

    static Snapshot snapshot(Directory.Contents contents) {
        var plans = contents.plans().stream().collect(Collectors.toMap(Plan::id, plan -> plan));
        var limits = limits(contents);
        var tenants = new ArrayList<Tenant>();
        var there = new HashSet<TenantId>();
        for (TenantRow row : contents.tenants()) {
            if (plans.containsKey(row.plan())) {
                tenants.add(new Tenant(row.id(), row.plan(), row.region(), limits.getOrDefault(row.id(), List.of())));
                there.add(row.id());
            } else {
                LOG.error(
                        "tenant {} is on a plan that is not there: its keys open nothing until it is put on another with"
                                + " PATCH /api/tenants/{}",
                        row.id(), row.id());
            }
        }
        List<TenantKey> keys = contents.keys().stream().filter(key -> there.contains(key.tenant())).toList();
        return Snapshot.of(contents.version(), plans.values(), tenants, keys);
    }

    private static Map<TenantId, List<Limit>> limits(Directory.Contents contents) {
        var limits = new HashMap<TenantId, List<Limit>>();
        contents.limits()
                .forEach(row -> limits.computeIfAbsent(row.tenant(), of -> new ArrayList<>()).add(row.limit()));
        contents.budgets()
                .stream()
                .map(BudgetRow::budget)
                .forEach(budget -> limits.computeIfAbsent(budget.tenant(), of -> new ArrayList<>())
                        .add(budget.toLimit()));
        return limits;
    }
}
