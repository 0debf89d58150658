package dev.weir.dialect;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/// The numbers of JSON (RFC 8259 section 6) as whole ones: fractions rounded half up, clamped to what a `long` holds.
final class JsonNumber {
    /// So many digits always fit into a `long`.
    private static final int DIGITS_PLAIN = 18;

    private JsonNumber() {}

    /// Tells the listener the number that stands in `[from, to)`; nothing where it is none.
    static <F extends Enum<F>> void tell(JsonListener<F> listener, F field, byte[] bytes, int from, int to) {
        if (listener.exactNumber(field, bytes, from, to)) {
            return;
        }
        boolean minus = bytes[from] == '-';
        int i = minus ? from + 1 : from;
        long value = 0;
        boolean plain = i < to && to - i <= DIGITS_PLAIN;
        for (; plain && i < to; i++) {
            int digit = bytes[i] - '0';
            plain = digit >= 0 && digit <= 9;
            value = value * 10 + digit;
        }
        if (plain) {
            listener.number(field, minus ? -value : value);
            return;
        }
        try {
            var exact = new BigDecimal(new String(bytes, from, to - from, StandardCharsets.US_ASCII));
            // Where the exponent is beyond every count of anything, the digits would fill the heap.
            boolean huge = exact.precision() - (long) exact.scale() > 19;
            long most = exact.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
            listener.number(field, huge ? most : clamp(exact));
        } catch (NumberFormatException e) {
            // Not a number at all: as good as absent.
            return;
        }
    }

    private static long clamp(BigDecimal exact) {
        if (exact.scale() > 1000) {
            return 0;
        }
        BigDecimal whole = exact.setScale(0, RoundingMode.HALF_UP);
        return whole.min(BigDecimal.valueOf(Long.MAX_VALUE)).max(BigDecimal.valueOf(Long.MIN_VALUE)).longValue();
    }
}
