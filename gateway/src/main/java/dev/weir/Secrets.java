package dev.weir;

import dev.weir.config.GatewayConfig;
import dev.weir.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;

/// The secrets this node is run with: configured, or made at the first start and kept in the data folder.
///
/// @param pepper what tenant keys are hashed with
/// @param admin the admin key of the control plane
record Secrets(Secret pepper, Secret admin) {
    static final String ADMIN_FILE = "admin.key";
    private static final String PEPPER_FILE = "pepper.key";
    private static final int BYTES = 32;

    static Secrets of(GatewayConfig config, DataFolder folder) {
        return new Secrets(config.keys().pepper().orElseGet(() -> made(folder, PEPPER_FILE, "")),
                config.keys().admin().orElseGet(() -> made(folder, ADMIN_FILE, "weir_admin_")));
    }

    byte[] pepperBytes() {
        return pepper.reveal().getBytes(StandardCharsets.UTF_8);
    }

    private static Secret made(DataFolder folder, String file, String prefix) {
        return Secret.of(folder.secret(file, () -> prefix + random()));
    }

    private static String random() {
        var bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public String toString() {
        return "Secrets";
    }
}
