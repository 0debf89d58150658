package dev.weir.dialect;

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

    boolean isEmpty() {
        return present == 0;
    }

    void clear() {
        java.util.Arrays.fill(values, 0);
        present = 0;
    }

    /// The first of these that is present, or null.
    @SafeVarargs
    final @org.jspecify.annotations.Nullable F first(F... fields) {
        for (F field : fields) {
            if (has(field)) {
                return field;
            }
        }
        return null;
    }
}
