package dev.weir.admission;

import dev.weir.ledger.Reservation;
import dev.weir.ledger.Shortage;
import dev.weir.ledger.Standing;
import dev.weir.money.Money;
import dev.weir.rating.PriceBook;
import dev.weir.tenant.Measure;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The decision about one attempt.
public sealed interface Admission {
    /// Said of a meter that no blocking limit counts.
    long NO_CAP = -1;

    /// It may go, and holds what it may use until [Admissions#settle] or [Admissions#release].
    ///
    /// @param reservation its share of every limit
    /// @param outputLimit what the request's output limit must be changed to, or added as; empty: leave the request alone
    /// @param prices the version it is rated by, whatever list comes into force meanwhile
    /// @param hardCapped whether a blocking limit counts what this attempt uses; only then is a request edited, and only then
    ///        does the opening record carry quantities
    /// @param costReserved what it is charged with if Weir dies; null where no cost limit blocks
    /// @param bound what the reservation was computed from
    record Admitted(Reservation reservation, OptionalLong outputLimit, PriceBook prices, boolean hardCapped,
            @Nullable Money costReserved, Bound bound) implements Admission {
        /// What the attempt is charged with if Weir dies: the quantities of the opening record; empty where not hard-capped.
        public Quantities reserved() {
            return hardCapped ? bound.call.quantities(bound.tokensBounded, reservation.units()) : Quantities.NONE;
        }

        /// How much of a meter was reserved at admission, which [Admissions#extend] adds to; [#NO_CAP] where no blocking limit
        /// counts it. For meters that are not tokens.
        public long cappedAtFirst(Meter meter) {
            Measure measure = Measure.of(meter);
            return reservation.caps(measure) ? bound.call.fixed(measure) : NO_CAP;
        }

        /// The most output tokens, of all its answers together, that were reserved; [#NO_CAP] where no blocking limit counts
        /// them.
        public long outputReserved() {
            return bound.tokensBounded && reservation.caps(bound.call::countsOutput)
                    ? bound.call.outputTokens(reservation.units())
                    : NO_CAP;
        }

        public String priceVersion() {
            return prices.version();
        }

        /// For the `RateLimit` fields; null where no limit with a window blocks.
        public @Nullable Standing tightest() {
            return reservation.tightest();
        }
    }

    /// The bound by bytes does not fit, the true count may: count the input's tokens off the event loop, then ask
    /// [Admissions#admitCounted]. Nothing is reserved.
    record CountFirst() implements Admission {
        static final CountFirst INSTANCE = new CountFirst();
    }

    /// This node was lent too little of a limit that several share: go on with [Admissions#ask]. Nothing is reserved.
    ///
    /// @param round how often this was said of the call, from 1
    record AskFirst(AdmissionRequest request, Shortage shortage, int round) implements Admission {}

    /// It may not. Nothing is reserved.
    record Refused(Refusal refusal) implements Admission {}

    /// What [Admissions#shrink] computes with; opaque.
    final class Bound {
        final CallBound call;
        final boolean tokensBounded;

        Bound(CallBound call, boolean tokensBounded) {
            this.call = call;
            this.tokensBounded = tokensBounded;
        }

        @Override
        public String toString() {
            return "Bound";
        }
    }
}
