package dev.weir.deferred;

import dev.weir.admission.Admission.Admitted;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Quantities;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A call that created something at the provider and ended before its usage was known: a response in the background, a run,
/// a batch.
///
/// @param created the event of the creating attempt, with the object's id as its `providerRequestId`: whose it is, when it
///        was admitted, what was asked for
/// @param admitted what it still holds of its limits; null where a former start of this node admitted it
public record Awaited(UsageEvent created, @Nullable Admitted admitted) {
    public Awaited {
        Objects.requireNonNull(created.tenant(), "an awaited call has a tenant");
        Objects.requireNonNull(created.providerRequestId(), "an awaited call has the id of what it created");
    }

    /// The tenant that pays.
    public TenantId tenant() {
        return Objects.requireNonNull(created.tenant());
    }

    /// The id of the object whose usage is awaited.
    public String objectId() {
        return Objects.requireNonNull(created.providerRequestId());
    }

    /// The event of the usage, once it was told: the next attempt of the creating call, at the moment of its admission, so
    /// that window, day and price version are that call's. No bytes and no statuses: the answer that told it has its own event.
    ///
    /// @param model the model that answered, null where it was not told
    /// @param serviceTier as it was told last, null where it was not
    /// @param priceVersion of the list that `cost` comes from
    /// @param cost null is "unpriced"
    public UsageEvent told(Quantities used, @Nullable String model, @Nullable String serviceTier, String priceVersion,
            @Nullable Money cost, Flags flags) {
        return new UsageEvent(created.callId(), created.attempt() + 1, created.time(), created.tenant(), created.key(),
                created.user(), created.route(), created.provider(), created.modelAsked(),
                model != null ? model : created.modelAnswered(), created.region(), tier(serviceTier), objectId(),
                created.attribution(), used, WireBytes.NONE, 0, 0, 0, -1, 0, -1, Outcome.OK, null, priceVersion, cost,
                flags.with(Flags.Flag.USAGE_DEFERRED));
    }

    /// The tier that the usage was made in.
    public @Nullable String tier(@Nullable String told) {
        return told != null ? told : created.serviceTier();
    }
}
