package dev.weir.exchange;

import dev.weir.admission.PastUsage;
import dev.weir.deferred.Awaited;
import dev.weir.event.Flags;
import dev.weir.event.Flags.Flag;
import dev.weir.event.UsageEvent;
import dev.weir.money.Money;
import dev.weir.rating.PriceBook;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import org.jspecify.annotations.Nullable;

/// Books what an answer tells of an earlier call's usage: to that call's tenant, window and price, and once.
///
/// First the event is kept, then the limits are charged, and only then may the client see the end of the answer. Where the
/// event cannot be kept the call is awaited again, so that the client's next question books it. Event loop only.
final class LaterUsage {
    private final ExchangeParts parts;

    LaterUsage(ExchangeParts parts) {
        this.parts = parts;
    }

    /// @param asking the attempt whose answer told the usage
    /// @return whether that answer may be seen: the usage is kept, or is nothing to be booked
    boolean book(Attempt asking, UsageReading.Earlier told) {
        Awaited call = asking.call.caller == null
                ? null
                : parts.deferred()
                        .take(asking.call.caller.tenant().id(), asking.call.provider(), told.objectId());
        if (call == null) {
            asking.flags = asking.flags.with(Flag.USAGE_NOT_AWAITED);
            return true;
        }
        boolean kept = false;
        try {
            UsageEvent event = event(call, asking, told);
            kept = Records.isKept(event.callId(), () -> parts.journal().book(event));
            if (kept) {
                charge(call, event);
                parts.listener().ended(event);
            }
        } finally {
            if (!kept) {
                var _ = parts.deferred().await(call);
            }
        }
        return kept;
    }

    /// Notes where the usage of an awaited call is told, if not in answers about what it created.
    void follow(Attempt asking, UsageReading.Elsewhere named) {
        if (asking.call.caller != null) {
            parts.deferred()
                    .toldBy(asking.call.caller.tenant().id(), asking.call.provider(), named.objectId(), named.toldBy());
        }
    }

    /// At the prices of the creating call's admission; those of now where a former start admitted it.
    private UsageEvent event(Awaited call, Attempt asking, UsageReading.Earlier told) {
        PriceBook prices = call.admitted() == null ? parts.admissions().prices() : call.admitted().prices();
        String answered = asking.modelAnswered() != null ? asking.modelAnswered() : call.created().modelAnswered();
        Money cost = isNothing(told.quantities())
                ? Money.ZERO
                : new CallCost(prices, call.tenant().value(), call.created().provider(), call.created().region(),
                        call.tier(asking.serviceTier()), call.created().time())
                        .of(answered, call.created().modelAsked(), told.quantities(), asking.sides(),
                                asking.requests());
        return call.told(told.quantities(), answered, asking.serviceTier(), prices.version(), cost,
                cost == null ? Flags.NONE.with(Flag.UNPRICED) : Flags.NONE);
    }

    /// A batch that failed its validation names no model, and has used nothing that could have a price.
    private static boolean isNothing(Quantities used) {
        var any = new boolean[1];
        used.forEach((meter, amount, provenance) -> any[0] |= amount != 0);
        return !any[0];
    }

    private void charge(Awaited call, UsageEvent event) {
        if (call.admitted() != null) {
            parts.admissions().settle(call.admitted(), event.quantities(), event.cost());
        } else {
            parts.admissions().charge(parts.directory().snapshot(), used(call, event), parts.clock().now());
        }
    }

    private static PastUsage used(Awaited call, UsageEvent event) {
        @Nullable
        Money cost = event.cost();
        return new PastUsage(call.tenant(), event.key(), event.user(), event.route(), event.modelAsked(),
                event.attribution().run(), event.attribution().tags(), event.time(), event.quantities(), cost);
    }
}
