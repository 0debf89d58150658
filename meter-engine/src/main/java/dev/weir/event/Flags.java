package dev.weir.event;

import java.util.EnumSet;
import java.util.Set;

/// The oddities of one event, as a bit set. Immutable.
///
/// @param bits bit n is the flag of ordinal n; the order of [Flag] is never changed, only added to
public record Flags(int bits) {
    public static final Flags NONE = new Flags(0);

    /// One oddity.
    public enum Flag {
        /// The provider reported more than the reservation's upper bound.
        BOUND_VIOLATED,
        /// No rule classified this connector call; it counts as a write.
        UNCLASSIFIED,
        /// A model without a price: cost is null.
        UNPRICED,
        /// The body could not be read for metering (unknown coding, malformed).
        UNREADABLE,
        /// The upstream's transfer framing was broken.
        BAD_FRAMING,
        /// The provider tells the usage later, in an answer about the object that this call created.
        USAGE_PENDING,
        /// The usage of an earlier event of the same call, told later.
        USAGE_DEFERRED,
        /// The answer told the usage of an object that nothing awaits here: it was booked before, or created elsewhere.
        USAGE_NOT_AWAITED,
        /// A connector call that would have written and was refused: nothing was sent.
        WRITE_DENIED,
        /// A limit on cost was open within its bound, because nobody could be asked for more of it.
        BUDGET_OPEN;

        public String id() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    public Flags with(Flag flag) {
        return new Flags(bits | 1 << flag.ordinal());
    }

    public boolean has(Flag flag) {
        return (bits & 1 << flag.ordinal()) != 0;
    }

    public Set<Flag> asSet() {
        var set = EnumSet.noneOf(Flag.class);
        for (Flag flag : Flag.values()) {
            if (has(flag)) {
                set.add(flag);
            }
        }
        return set;
    }
}
