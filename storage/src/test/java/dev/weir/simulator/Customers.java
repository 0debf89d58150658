package dev.weir.simulator;

import dev.weir.rating.PriceBook;
import dev.weir.rating.Sku;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Identity;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.util.ArrayList;
import java.util.List;

/// Who calls: tenants with every kind of cap, small enough to be reached. Each calls one node only, where nodes share nothing;
/// else all call every node.
final class Customers {
    static final PriceBook PRICES = PriceBook.shipped();
    static final Sku MODEL = Sku.of("openai", "gpt-4o-mini");
    static final List<String> USERS = List.of("ada", "bob");
    /// So much as about twenty calls cost.
    private static final long BUDGET_PICOS = 3_000_000_000L;
    private static final Entity EACH_USER = new Entity(Entity.Kind.USER, Entity.EACH);

    private final TenantDirectory.Snapshot directory;
    private final List<List<Identity.Known>> ofNode = new ArrayList<>();

    Customers(int nodes, boolean shared) {
        var tenants = new ArrayList<Tenant>();
        int groups = shared ? 1 : nodes;
        for (int node = 0; node < groups; node++) {
            tenants.add(tenant("capped", node,
                    limit("tokens-minute", Entity.THE_TENANT, Meter.TOKENS, Window.MINUTE, 6_000),
                    limit("tokens-user-hour", EACH_USER, Meter.TOKENS, Window.HOUR, 20_000)));
            tenants.add(tenant("budgeted", node,
                    limit("budget-hour", Entity.THE_TENANT, Meter.COST, Window.HOUR, BUDGET_PICOS),
                    limit("calls-day", EACH_USER, Meter.CALLS, Window.DAY, 120)));
            tenants.add(tenant("narrow", node,
                    Limit.block("at-once", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 2),
                    limit("out-total", Entity.THE_TENANT, Meter.TOKENS_OUT, Window.TOTAL, 60_000)));
            tenants.add(tenant("free", node,
                    Limit.notify("watched", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.HOUR, 10_000)));
        }
        directory = TenantDirectory.Snapshot.of(1, Plan.SHIPPED, tenants, List.of());
        for (int node = 0; node < nodes; node++) {
            int group = shared ? 0 : node;
            ofNode.add(known(tenants.subList(4 * group, 4 * group + 4)));
        }
    }

    private static Limit limit(String id, Entity entity, Meter meter, Window window, long amount) {
        return Limit.block(id, entity, Measure.of(meter), window, amount);
    }

    private static Tenant tenant(String name, int node, Limit... limits) {
        return new Tenant(new TenantId(name + "-" + node), Plan.PRO.id(), null, List.of(limits));
    }

    private List<Identity.Known> known(List<Tenant> tenants) {
        return tenants.stream()
                .map(tenant -> new Identity.Known(tenant, new KeyId("key-" + tenant.id()), null, Plan.PRO,
                        directory.limits(tenant.id())))
                .toList();
    }

    TenantDirectory.Snapshot directory() {
        return directory;
    }

    List<Identity.Known> ofNode(int node) {
        return ofNode.get(node);
    }
}
