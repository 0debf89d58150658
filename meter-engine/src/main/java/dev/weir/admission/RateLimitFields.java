package dev.weir.admission;

import dev.weir.ledger.Standing;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.usage.Meter;
import java.time.Duration;
import java.time.Instant;

/// The values of the `RateLimit` and `RateLimit-Policy` header fields for one limit.
///
/// Structured fields by draft-ietf-httpapi-ratelimit-headers (read as of revision 10): the policy's name with quota `q`, its
/// unit `qu` and window `w` in seconds; the name with what remains, `r`, and the seconds `t` until it is whole again. A
/// structured integer has 15 digits, so larger numbers are cut to that; cost is in whole micro-dollars, what remains rounded
/// down.
///
/// @param rateLimit `"free-tokens-per-day";r=790;t=3600`
/// @param policy `"free-tokens-per-day";q=1000;qu="tokens";w=86400`
public record RateLimitFields(String rateLimit, String policy) {
    private static final long INTEGER_MAX = 999_999_999_999_999L;
    private static final long PICOS_PER_MICRO = 1_000_000;

    public static RateLimitFields of(Standing standing, Instant moment) {
        Limit limit = standing.limit();
        String name = '"' + limit.id() + '"';
        String policy = name + ";q=" + integer(limit, limit.amount()) + ";qu=\"" + unit(limit.measure()) + '"';
        String rateLimit = name + ";r=" + integer(limit, standing.remaining());
        if (standing.span().ends()) {
            policy += ";w=" + Duration.between(standing.span().start(), standing.span().end()).toSeconds();
            rateLimit += ";t=" + secondsUntil(standing.span().end(), moment);
        }
        return new RateLimitFields(rateLimit, policy);
    }

    /// Whole seconds, rounded up, 0 or more.
    static long secondsUntil(Instant end, Instant moment) {
        Duration left = Duration.between(moment, end);
        return left.isNegative() ? 0 : left.plusNanos(999_999_999).toSeconds();
    }

    private static long integer(Limit limit, long amount) {
        return Math.min(INTEGER_MAX, isCost(limit.measure()) ? amount / PICOS_PER_MICRO : amount);
    }

    private static String unit(Measure measure) {
        return isCost(measure) ? "micro-usd" : measure.id();
    }

    private static boolean isCost(Measure measure) {
        return measure instanceof Measure.Counted(Meter meter) && meter == Meter.COST;
    }
}
