package dev.weir;

import dev.weir.postgres.Directory;
import dev.weir.postgres.TenantRow;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import java.util.List;

/// Keeps this node's snapshot of tenants and keys as new as the database, so that a key revoked on any node is refused on
/// every node within seconds. Waits for the database: not for event loops.
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
        List<Tenant> tenants = contents.tenants().stream().map(DirectorySync::tenant).toList();
        directory.swap(TenantDirectory.Snapshot.of(contents.version(), Plan.SHIPPED, tenants, contents.keys()));
    }

    private static Tenant tenant(TenantRow row) {
        return new Tenant(row.id(), row.plan(), row.region(), List.of());
    }
}
