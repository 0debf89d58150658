package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.tenant.ApiKey;
import dev.weir.tenant.Identity;
import dev.weir.tenant.KeyHasher;
import dev.weir.tenant.TenantDirectory;
import io.vertx.core.MultiMap;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Whose call it is, or why that is not known.
sealed interface KeyCheck {
    record Passed(Identity.Known identity) implements KeyCheck {}

    record Refused(Refusal refusal) implements KeyCheck {}

    static KeyCheck of(MultiMap headers, @Nullable String query, KeyHasher hasher, TenantDirectory directory) {
        return switch (PresentedKey.of(headers, query)) {
            case PresentedKey.Absent _ -> refused(RefusalCode.KEY_MISSING,
                    "No Weir key came with this request. Put a key that begins with wr_ where your client's SDK puts its API key,"
                            + " or into the header X-Weir-Key.");
            case PresentedKey.Conflicting _ -> refused(RefusalCode.KEYS_CONFLICT,
                    "Two different Weir keys came with this request. Send one.");
            case PresentedKey.Presented(String text) -> identify(ApiKey.parse(text), hasher, directory);
        };
    }

    private static KeyCheck identify(Optional<ApiKey> key, KeyHasher hasher, TenantDirectory directory) {
        if (key.isEmpty()) {
            return refused(RefusalCode.KEY_UNKNOWN,
                    "This is not a Weir key: its form or its checksum is wrong. Copy it again.");
        }
        return switch (directory.identify(hasher.hash(key.get()))) {
            case Identity.Known known -> new Passed(known);
            case Identity.Revoked _ -> refused(RefusalCode.KEY_REVOKED,
                    "This key was revoked. Ask whoever runs Weir for a new one.");
            case Identity.Unknown _ -> refused(RefusalCode.KEY_UNKNOWN,
                    "This key is not known here. Check that it belongs to this installation of Weir.");
        };
    }

    private static KeyCheck refused(RefusalCode code, String message) {
        return new Refused(Refusal.of(code, message));
    }
}
