package dev.weir.admission;

import dev.weir.ledger.Standing;
import java.math.BigInteger;
import java.util.List;
import java.util.stream.Collectors;

/// The value of the `X-Weir-Warning` header field: a structured list (RFC 9651), one member for each limit that has reached one
/// of its alert marks, in the order in which limits refuse.
///
/// ```
/// X-Weir-Warning: "team-tokens-per-day";used=91;alert=90;window="day", "budget";used=76;alert=75;window="month"
/// ```
///
/// The member is the limit's id, as in `RateLimit`; `used` is how many per cent of it are settled, rounded down, what running
/// calls hold left out; `alert` the highest mark that this has reached; `window` the limit's. Parameters may be added.
final class LimitWarnings {
    private static final BigInteger HUNDRED = BigInteger.valueOf(100);

    private LimitWarnings() {}

    static String of(List<Standing> reached) {
        return reached.stream().map(LimitWarnings::member).collect(Collectors.joining(", "));
    }

    private static String member(Standing standing) {
        return '"' + standing.limit().id() + "\";used=" + percent(standing.settled(), standing.limit().amount())
                + ";alert=" + standing.alertReached() + ";window=\"" + standing.limit().window().id() + '"';
    }

    private static BigInteger percent(long settled, long amount) {
        return BigInteger.valueOf(settled).multiply(HUNDRED).divide(BigInteger.valueOf(amount));
    }
}
