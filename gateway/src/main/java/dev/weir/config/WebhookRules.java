package dev.weir.config;

import dev.weir.tenant.TenantId;
import java.util.Optional;

/// What holds for the deliveries on a route of kind `webhook`.
///
/// @param tenant who pays for them
/// @param signature what their sender must show
/// @param deliveryId the header that carries a delivery's id; empty where senders give none
public record WebhookRules(TenantId tenant, SignatureRules signature, Optional<String> deliveryId) {}
