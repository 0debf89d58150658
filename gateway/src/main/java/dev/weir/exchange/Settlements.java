package dev.weir.exchange;

import dev.weir.admission.Admissions;
import dev.weir.admission.RefusalCode;
import dev.weir.config.RouteKind;
import dev.weir.dialect.RequestFacts;
import dev.weir.event.Flags;
import dev.weir.event.Flags.Flag;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.money.Money;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Turns the end of an attempt into its event: what was used, what it costs, what the ledger books. Any thread.
final class Settlements {
    /// What providers sell: only these tell that an answer used anything.
    private static final Set<Meter> SOLD = EnumSet.of(Meter.TOKENS_IN, Meter.TOKENS_OUT, Meter.IMAGES_GENERATED,
            Meter.SECONDS, Meter.SEARCHES, Meter.CHARACTERS, Meter.PAGES);

    private final Admissions admissions;

    Settlements(Admissions admissions) {
        this.admissions = admissions;
    }

    /// Ends the attempt's reservation and makes its event.
    ///
    /// @param reason why Weir ended or answered it instead of the upstream, null where it did not
    UsageEvent settle(Attempt attempt, Outcome outcome, @Nullable String reason, UsageReading reading, long nowNanos) {
        Quantities used = used(attempt, reading);
        Flags flags = flags(attempt, reading);
        if (reading instanceof UsageReading.Deferred) {
            if (admissions.defer(attempt.admitted, used).boundViolated()) {
                flags = flags.with(Flag.BOUND_VIOLATED);
            }
            return attempt.event(outcome, reason, used, Money.ZERO, flags, nowNanos, attempt.tools());
        }
        Money cost = Money.ZERO;
        if (attempt.call.isLlm()) {
            cost = cost(attempt, priced(attempt, reading, used));
            if (cost == null) {
                flags = flags.with(Flag.UNPRICED);
            }
        }
        if (charge(attempt, used, cost)) {
            flags = flags.with(Flag.BOUND_VIOLATED);
        }
        return attempt.event(outcome, reason, used, cost, flags, nowNanos, attempt.tools());
    }

    /// Ends the attempt's reservation, if that was not done, and makes its event by the rule for attempts that Weir's death
    /// cut short: what was reserved where a hard cap applies, else what the provider had said.
    UsageEvent afterFault(Attempt attempt, long nowNanos) {
        Quantities used = attempt.admitted.hardCapped() ? attempt.admitted.reserved() : attempt.saidSoFar();
        Money cost = attempt.call.isLlm() ? attempt.admitted.costReserved() : Money.ZERO;
        if (!attempt.isCharged()) {
            charge(attempt, used, cost);
        }
        Flags flags = Flags.NONE.with(Flag.UNREADABLE);
        return attempt.event(Outcome.INTERRUPTED, RefusalCode.INTERNAL_ERROR.id(), used, cost, flags, nowNanos,
                attempt.asked());
    }

    /// @return whether more was used than reserved
    private boolean charge(Attempt attempt, Quantities used, @Nullable Money cost) {
        attempt.charged();
        return admissions.settle(attempt.admitted, used, cost).boundViolated();
    }

    /// Everything counted: the provider's quantities, and those that Weir counts itself.
    private static Quantities used(Attempt attempt, UsageReading reading) {
        Quantities.Builder used = tokens(attempt, reading).toBuilder();
        if (attempt.number == 1) {
            used.reported(Meter.CALLS, 1);
        }
        if (attempt.number > 1 || attempt.call.clientRetryCount > 0) {
            used.reported(Meter.RETRIES, 1);
        }
        if (attempt.upstreamStatus == 429) {
            used.reported(Meter.RATE_LIMITED, 1);
        }
        switch (attempt.call.kind()) {
            case LLM, MCP -> {
                // Both are counted by what the answer says.
            }
            case CONNECTOR -> {
                if (attempt.wasSent()) {
                    used.reported(attempt.call.isRead() ? Meter.READS : Meter.WRITES, 1);
                }
                if (attempt.succeeded()) {
                    used.reported(Meter.TOOL_CALLS, 1);
                }
            }
            case WEBHOOK -> {
                if (attempt.succeeded()) {
                    used.reported(Meter.WEBHOOK_INGESTS, 1);
                }
            }
        }
        used.reported(Meter.EGRESS_BYTES, attempt.egress());
        used.reported(Meter.INGRESS_BYTES, attempt.bytes().ingress());
        return used.build();
    }

    /// An answer without a 2xx head is charged only for usage that the provider reported (acceptance statement 5). Where a
    /// 2xx answer gives no reading at all, a hard-capped attempt is charged as reserved; another stays without quantities.
    static Quantities tokens(Attempt attempt, UsageReading reading) {
        return switch (reading) {
            case UsageReading.Reported(Quantities reported) -> reported;
            case UsageReading.Estimated(Quantities estimated, String _) ->
                attempt.succeeded() ? withinBounds(attempt, estimated) : Quantities.NONE;
            case UsageReading.Deferred _,UsageReading.Earlier _,UsageReading.Elsewhere _ -> Quantities.NONE;
            case UsageReading.Missing _ -> attempt.succeeded() && attempt.mayHaveUsedTokens()
                    ? onlyTokens(attempt.admitted.reserved())
                    : Quantities.NONE;
        };
    }

    /// An estimate is never more than what the request allows and what was reserved for it.
    private static Quantities withinBounds(Attempt attempt, Quantities estimated) {
        RequestFacts facts = attempt.call.facts;
        return estimated.with(all -> {
            if (facts != null && facts.outputLimit().isPresent()) {
                atMost(all, estimated, Meter.TOKENS_OUT, most(facts.outputLimit().getAsLong(), facts.choices()));
            }
            onlyTokens(attempt.admitted.reserved())
                    .forEach((meter, most, provenance) -> atMost(all, estimated, meter, most));
        });
    }

    private static long most(long outputLimit, long choices) {
        return choices != 0 && outputLimit > Long.MAX_VALUE / choices ? Long.MAX_VALUE : outputLimit * choices;
    }

    private static void atMost(Quantities.Builder all, Quantities estimated, Meter meter, long most) {
        if (all.has(meter) && all.amount(meter) > most && estimated.provenance(meter) != Provenance.REPORTED) {
            all.set(meter, most, Provenance.BOUND);
        }
    }

    private static Quantities onlyTokens(Quantities reserved) {
        var tokens = Quantities.builder();
        for (Meter meter : new Meter[]{Meter.TOKENS_IN, Meter.TOKENS_OUT}) {
            if (reserved.has(meter)) {
                tokens.set(meter, reserved.amount(meter), Provenance.BOUND);
            }
        }
        return tokens.build();
    }

    private static Flags flags(Attempt attempt, UsageReading reading) {
        Flags flags = attempt.flags;
        if (reading instanceof UsageReading.Deferred) {
            flags = flags.with(Flag.USAGE_PENDING);
        }
        if (attempt.call.kind() == RouteKind.CONNECTOR && attempt.call.isUnclassified()) {
            flags = flags.with(Flag.UNCLASSIFIED);
        }
        if (reading instanceof UsageReading.Missing && attempt.succeeded() && attempt.mayHaveUsedTokens()) {
            flags = flags.with(Flag.UNREADABLE);
        }
        return flags;
    }

    /// What is priced: what was counted, but where the provider charges for something else (Cohere's preamble is free), that,
    /// and the call.
    private static Quantities priced(Attempt attempt, UsageReading reading, Quantities used) {
        Quantities billed = attempt.billed();
        if (billed.isEmpty() || !(reading instanceof UsageReading.Reported)) {
            return used;
        }
        return used.has(Meter.CALLS) ? billed.with(all -> all.reported(Meter.CALLS, 1)) : billed;
    }

    /// An answer without a 2xx head that tells no usage costs nothing, nor does a session in which nothing was asked; an answer
    /// with one whose usage nobody knows has no cost.
    private static @Nullable Money cost(Attempt attempt, Quantities used) {
        boolean mayBeFree = !attempt.succeeded() || attempt.call.isSession();
        if (!attempt.mayHaveUsedTokens() || mayBeFree && SOLD.stream().noneMatch(used::has)) {
            return Money.ZERO;
        }
        String tenant = attempt.call.tenant() == null ? null : attempt.call.tenant().value();
        return new CallCost(attempt.admitted.prices(), tenant, attempt.call.provider(), attempt.region(),
                attempt.serviceTier(), attempt.call.time)
                .of(attempt.modelAnswered(), attempt.call.modelAsked(), used, attempt.sides(), 1);
    }
}
