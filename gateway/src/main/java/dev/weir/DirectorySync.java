package dev.weir;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import dev.weir.postgres.BudgetRow;
import dev.weir.postgres.Directory;
import dev.weir.postgres.TenantRow;
import dev.weir.tenant.Budget;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import java.util.List;
import java.util.Map;

/// Keeps this node's snapshot of tenants, keys and budgets as new as the database, so that a key revoked on any node is refused
/// on every node within seconds. Waits for the database: not for event loops.
final class DirectorySync {
    private final Directory stored;
    private final TenantDirectory directory;

    DirectorySync(Directory stored, TenantDirectory directory) {
        this.stored = stored;
        this.directory = directory;
    }

    /// Takes in what is there now.
    void refresh() {
        take(stored.load());
    }

    /// Takes in what is there, if something changed.
    void refreshIfNewer() {
        stored.newerThan(directory.snapshot().version()).ifPresent(this::take);
    }

    private void take(Directory.Contents contents) {
        Map<TenantId, List<Limit>> budgets = contents.budgets()
                .stream()
                .map(BudgetRow::budget)
                .collect(groupingBy(Budget::tenant, mapping(Budget::toLimit, toList())));
        List<Tenant> tenants = contents.tenants()
                .stream()
                .map(row -> tenant(row, budgets.getOrDefault(row.id(), List.of())))
                .toList();
        directory.swap(TenantDirectory.Snapshot.of(contents.version(), Plan.SHIPPED, tenants, contents.keys()));
    }

    private static Tenant tenant(TenantRow row, List<Limit> budgets) {
        return new Tenant(row.id(), row.plan(), row.region(), budgets);
    }
}
