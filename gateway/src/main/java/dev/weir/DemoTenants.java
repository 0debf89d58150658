package dev.weir;

import dev.weir.config.GatewayConfig;
import dev.weir.control.TenantAdmin;
import dev.weir.port.Random;
import dev.weir.tenant.ApiKey;
import dev.weir.tenant.KeyHasher;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.TenantKey;
import java.util.HexFormat;
import java.util.List;

/// The tenants that let a newcomer try things: `demo` on plan `free`, made at the first start with a key in the data folder.
final class DemoTenants {
    static final String KEY_FILE = "demo.key";
    private static final int ID_BYTES = 8;

    private final GatewayConfig config;
    private final DataFolder folder;
    private final TenantAdmin tenants;
    private final KeyHasher hasher;
    private final Random random;

    DemoTenants(GatewayConfig config, DataFolder folder, TenantAdmin tenants, KeyHasher hasher, Random random) {
        this.config = config;
        this.folder = folder;
        this.tenants = tenants;
        this.hasher = hasher;
        this.random = random;
    }

    /// Makes the `demo` tenant unless it is there, or is not wanted.
    void make() {
        if (config.demo().enabled()) {
            make("demo", "free", KEY_FILE);
        }
    }

    /// Makes a tenant and its key, kept in `file`, unless they are there.
    ///
    /// @return the key
    ApiKey make(String id, String plan, String file) {
        var tenant = new TenantId(id);
        if (tenants.tenant(tenant).isEmpty()) {
            tenants.create(new Tenant(tenant, plan, null, List.of()));
        }
        boolean isNew = !folder.has(file);
        String text = folder.secret(file, () -> config.demo()
                .key()
                .map(secret -> secret.reveal())
                .filter(configured -> file.equals(KEY_FILE))
                .orElseGet(() -> ApiKey.generate(random::nextBytes).reveal()));
        ApiKey key = ApiKey.parse(text)
                .orElseThrow(() -> new StartFailure(folder.file(file)
                        + " does not hold a Weir key (its form or checksum is wrong). Delete the file to have a new one made."));
        if (isNew || tenants.keys(tenant, null, 1).isEmpty()) {
            tenants.add(
                    new TenantKey(new KeyId("key_" + randomHex()), hasher.hash(key), tenant, null, key.last4(), false));
        }
        return key;
    }

    private String randomHex() {
        var bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
