package dev.weir.usage;

import java.util.Arrays;
import java.util.function.Consumer;

/// How much of each meter, and how each amount is known. Absent is not zero: a meter that nobody reported is not present.
///
/// Immutable, any thread. Amounts are whole units (tokens, bytes, calls, seconds; pico-dollars for `cost`), 0 or more, but
/// providers have reported negative tokens, and what is reported is kept as it is.
public final class Quantities {
    public static final Quantities NONE = new Builder().build();
    private static final Meter[] METERS = Meter.values();
    private static final Provenance[] PROVENANCES = Provenance.values();

    private final int present;
    private final long[] amounts;
    private final byte[] provenances;

    private Quantities(int present, long[] amounts, byte[] provenances) {
        this.present = present;
        this.amounts = amounts;
        this.provenances = provenances;
    }

    public static Builder builder() {
        return new Builder();
    }

    public static Quantities of(Meter meter, long amount, Provenance provenance) {
        return builder().set(meter, amount, provenance).build();
    }

    public boolean has(Meter meter) {
        return (present & bit(meter)) != 0;
    }

    /// The amount, or 0 where the meter is absent; ask [#has] where the difference matters.
    public long amount(Meter meter) {
        return amounts[meter.ordinal()];
    }

    /// @throws IllegalStateException if the meter is absent
    public Provenance provenance(Meter meter) {
        if (!has(meter)) {
            throw new IllegalStateException(meter + " is absent");
        }
        return PROVENANCES[provenances[meter.ordinal()]];
    }

    public boolean isEmpty() {
        return present == 0;
    }

    /// Whether every amount is reported.
    public boolean isReported() {
        boolean reported = true;
        for (int rest = present; rest != 0; rest &= rest - 1) {
            reported &= provenances[Integer.numberOfTrailingZeros(rest)] == Provenance.REPORTED.ordinal();
        }
        return reported;
    }

    public int size() {
        return Integer.bitCount(present);
    }

    /// Visits what is present in the order of [Meter].
    public void forEach(Visitor visitor) {
        for (int rest = present; rest != 0; rest &= rest - 1) {
            int i = Integer.numberOfTrailingZeros(rest);
            visitor.visit(METERS[i], amounts[i], PROVENANCES[provenances[i]]);
        }
    }

    public Builder toBuilder() {
        var builder = new Builder();
        forEach(builder::set);
        return builder;
    }

    public Quantities with(Consumer<Builder> change) {
        var builder = toBuilder();
        change.accept(builder);
        return builder.build();
    }

    private static int bit(Meter meter) {
        return 1 << meter.ordinal();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Quantities that && present == that.present && Arrays.equals(amounts, that.amounts)
                && Arrays.equals(provenances, that.provenances);
    }

    @Override
    public int hashCode() {
        return 31 * present + Arrays.hashCode(amounts);
    }

    @Override
    public String toString() {
        var text = new StringBuilder("{");
        forEach((meter, amount, provenance) -> text.append(text.length() > 1 ? ", " : "")
                .append(meter)
                .append('=')
                .append(amount)
                .append(provenance == Provenance.REPORTED ? "" : " " + provenance));
        return text.append('}').toString();
    }

    /// Receives one present meter.
    @FunctionalInterface
    public interface Visitor {
        void visit(Meter meter, long amount, Provenance provenance);
    }

    /// Collects quantities; not for sharing between threads.
    public static final class Builder {
        private int present;
        private final long[] amounts = new long[Meter.values().length];
        private final byte[] provenances = new byte[Meter.values().length];

        private Builder() {}

        public Builder set(Meter meter, long amount, Provenance provenance) {
            present |= bit(meter);
            amounts[meter.ordinal()] = amount;
            provenances[meter.ordinal()] = (byte) provenance.ordinal();
            return this;
        }

        public Builder reported(Meter meter, long amount) {
            return set(meter, amount, Provenance.REPORTED);
        }

        /// Adds to what is there; the weaker provenance (`bound` before `tokenizer` before `reported`) stays.
        public Builder add(Meter meter, long amount, Provenance provenance) {
            if ((present & bit(meter)) == 0) {
                return set(meter, amount, provenance);
            }
            int weaker = Math.max(provenances[meter.ordinal()], provenance.ordinal());
            return set(meter, Math.addExact(amounts[meter.ordinal()], amount), PROVENANCES[weaker]);
        }

        public boolean has(Meter meter) {
            return (present & bit(meter)) != 0;
        }

        public long amount(Meter meter) {
            return amounts[meter.ordinal()];
        }

        public Quantities build() {
            return new Quantities(present, amounts.clone(), provenances.clone());
        }
    }
}
