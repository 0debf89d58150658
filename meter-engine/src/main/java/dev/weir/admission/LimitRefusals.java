package dev.weir.admission;

import dev.weir.ledger.Exceeded;
import dev.weir.ledger.Standing;
import dev.weir.money.Money;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Puts what the ledger said into words a client can act on: which limit, how much of how much, until when.
final class LimitRefusals {
    private static final long SOON_SECONDS = 1;

    private LimitRefusals() {}

    static Refusal of(Exceeded exceeded, Instant moment) {
        Limit limit = exceeded.limit();
        RefusalCode code = code(limit);
        Instant resetAt = exceeded.span().ends() ? exceeded.span().end() : null;
        long used = exceeded.settled() + exceeded.reserved();
        var standing = new Standing(limit, exceeded.value(), exceeded.settled(), exceeded.reserved(), exceeded.span());
        return new Refusal(code, retryAfter(code, resetAt, moment), message(exceeded, used, resetAt), standing, false);
    }

    /// There may be room, but not in what this node was lent, and nobody can be asked for more.
    static Refusal unavailable(Exceeded exceeded) {
        return new Refusal(RefusalCode.CAP_UNAVAILABLE, SOON_SECONDS, "The limit '" + exceeded.limit().id()
                + "' is shared by several nodes. This node has used up its part, and the database that lends more does"
                + " not answer. Try again in a moment.", null, false);
    }

    /// Of an answer that goes on beyond what was reserved for it.
    static Refusal beyondReserved(Standing standing, long reserved) {
        Limit limit = standing.limit();
        return new Refusal(code(limit), Refusal.NEVER, "The limit '" + limit.id() + "' had room for "
                + String.format(Locale.ROOT, "%,d", reserved)
                + " output tokens of this call, and its upstream puts out more.", standing, false);
    }

    static RefusalCode code(Limit limit) {
        return switch (limit.measure()) {
            case Measure.InFlight() -> RefusalCode.CONCURRENCY_EXCEEDED;
            case Measure.Counted(Meter meter) when meter == Meter.COST -> RefusalCode.BUDGET_EXCEEDED;
            case Measure.Counted _,Measure.Runs _ when limit.window() == Window.MINUTE -> RefusalCode.RATE_EXCEEDED;
            case Measure.Counted _,Measure.Runs _ -> RefusalCode.CAP_EXCEEDED;
        };
    }

    private static long retryAfter(RefusalCode code, @Nullable Instant resetAt, Instant moment) {
        if (code == RefusalCode.CONCURRENCY_EXCEEDED) {
            return SOON_SECONDS;
        }
        return resetAt == null
                ? Refusal.NEVER
                : Math.max(SOON_SECONDS, RateLimitFields.secondsUntil(resetAt, moment));
    }

    private static String message(Exceeded exceeded, long used, @Nullable Instant resetAt) {
        Limit limit = exceeded.limit();
        var text = new StringBuilder("The limit '").append(limit.id())
                .append("' (")
                .append(limit.entity().kind().id())
                .append(", ")
                .append(limit.measure())
                .append(limit.measure() instanceof Measure.InFlight ? "" : " per " + limit.window().id())
                .append(") does not admit this call: ")
                .append(amount(limit, used))
                .append(" of ")
                .append(amount(limit, limit.amount()))
                .append(" are used");
        if (exceeded.reserved() > 0 && !(limit.measure() instanceof Measure.InFlight)) {
            text.append(" (").append(amount(limit, exceeded.reserved())).append(" of it held by calls still running)");
        }
        text.append(", and it needs at least ").append(amount(limit, exceeded.asked())).append('.');
        if (limit.measure() instanceof Measure.Runs) {
            text.append(" Calls of a run that has begun in this window still pass.");
        }
        if (!exceeded.everFits()) {
            text.append(" It would not fit an unused limit either: make it smaller, or have the limit raised.");
        }
        if (resetAt != null) {
            text.append(" The limit resets at ").append(resetAt).append('.');
        }
        return text.toString();
    }

    private static String amount(Limit limit, long amount) {
        boolean cost = limit.measure() instanceof Measure.Counted(Meter meter) && meter == Meter.COST;
        return cost ? "$" + Money.ofPicos(amount) : String.format(Locale.ROOT, "%,d", amount);
    }
}
