package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.config.SignatureRules;
import dev.weir.config.SignatureScheme;
import dev.weir.config.WebhookRules;
import dev.weir.tenant.Identity;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantDirectory;
import io.vertx.core.MultiMap;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Whose a delivery on a `webhook` route is: the tenant's whom the route names, once the sender's signature is right.
///
/// Before that it is a stranger's, so a refusal is counted and makes no event: who knows the address must not be able to fill
/// a tenant's record. A delivery that comes twice passes twice, with the same id in both events.
final class Webhooks {
    /// The key of all deliveries: they come without one.
    static final KeyId KEY = new KeyId("webhook");
    private static final int ID_LENGTH_MAX = 256;

    private Webhooks() {}

    /// Checks a delivery and says in `call` whose it is.
    ///
    /// @return why it may not go on, null where it may
    static @Nullable Refusal identify(Call call, HeldBody held, MultiMap headers, TenantDirectory directory,
            Instant now) {
        WebhookRules rules = call.config().webhook().orElseThrow();
        String id = rules.deliveryId().map(headers::get).orElse(null);
        if (!SignatureCheck.isRight(rules.signature(), headers, id, held.bytes(), held.length(), now)) {
            return Refusal.of(RefusalCode.SIGNATURE_INVALID, "The delivery's signature is missing, wrong or too old."
                    + " Check that sender and route have the same secret.");
        }
        Optional<Identity.Known> known = directory.snapshot().identify(rules.tenant(), KEY);
        if (known.isEmpty()) {
            return Refusal.of(RefusalCode.TENANT_UNKNOWN,
                    "The tenant that route '" + call.routeName() + "' names is not known here. Have it made.");
        }
        try {
            call.attributed(known.get(), headers);
        } catch (IllegalArgumentException notUsable) {
            return Refusal.of(RefusalCode.BAD_REQUEST, String.valueOf(notUsable.getMessage()));
        }
        call.deliveryId = id == null || id.length() <= ID_LENGTH_MAX ? id : null;
        return null;
    }

    /// The target has no need of the secret.
    static void takeOffSecret(SignatureRules rules, MultiMap headers) {
        if (rules.scheme() == SignatureScheme.SHARED_SECRET) {
            headers.remove(rules.header());
        }
    }
}
