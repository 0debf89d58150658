package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Numbers by field; a field that was not set is absent, not zero.
final class Counts<F extends Enum<F>> {
    private final long[] values;
    private long present;

    Counts(Class<F> fields) {
        values = new long[fields.getEnumConstants().length];
    }

    void set(F field, long value) {
        values[field.ordinal()] = value;
        present |= 1L << field.ordinal();
    }

    /// Takes over all that `other` has, and only that.
    void copy(Counts<F> other) {
        System.arraycopy(other.values, 0, values, 0, values.length);
        present = other.present;
    }

    /// Takes over what `other` has, and keeps the rest.
    void overlay(Counts<F> other) {
        for (long rest = other.present; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            values[i] = other.values[i];
        }
        present |= other.present;
    }

    /// Finds the one of two parts that is absent from the other and their sum.
    void complete(F part, F other, F sum) {
        if (has(sum) && has(part) != has(other)) {
            F absent = has(part) ? other : part;
            set(absent, Math.max(0, get(sum) - get(has(part) ? part : other)));
        }
    }

    boolean has(F field) {
        return (present & 1L << field.ordinal()) != 0;
    }

    void forget(F field) {
        values[field.ordinal()] = 0;
        present &= ~(1L << field.ordinal());
    }

    /// The number, or 0 where it is absent.
    long get(F field) {
        return values[field.ordinal()];
    }

    /// Reports the number where it is present; an absent field, or none, reports nothing.
    void report(Quantities.Builder quantities, Meter meter, @Nullable F field) {
        if (field != null && has(field)) {
            quantities.reported(meter, get(field));
        }
    }

    boolean isEmpty() {
        return present == 0;
    }

    void clear() {
        Arrays.fill(values, 0);
        present = 0;
    }

    /// The first of these that is present, or null. Two and three are asked for chunk by chunk, so they make no array.
    @Nullable
    F first(F one, F two) {
        return has(one) ? one : has(two) ? two : null;
    }

    @Nullable
    F first(F one, F two, F three) {
        return has(one) ? one : first(two, three);
    }

    @SafeVarargs
    final @Nullable F first(F... fields) {
        for (F field : fields) {
            if (has(field)) {
                return field;
            }
        }
        return null;
    }
}
