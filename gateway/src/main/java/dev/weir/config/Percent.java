package dev.weir.config;

import java.math.BigDecimal;
import java.util.regex.Pattern;

/// A part of something, as people write it: `1%`, `0.5 %`.
///
/// @param ppm in millionths, 0 to 1,000,000
public record Percent(long ppm) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,3}(\\.[0-9]{1,4})?) ?%");
    private static final long ALL = 1_000_000;
    private static final int PERCENT_TO_PPM = 4;

    public Percent {
        if (ppm < 0 || ppm > ALL) {
            throw new IllegalArgumentException("is not 0% to 100%");
        }
    }

    /// @throws IllegalArgumentException with a message for the operator
    public static Percent parse(String text) {
        var matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("is not a percentage. Write it as 1% or 0.5%");
        }
        return new Percent(new BigDecimal(matcher.group(1)).movePointRight(PERCENT_TO_PPM).longValueExact());
    }

    /// As it is written in the file.
    @Override
    public String toString() {
        return BigDecimal.valueOf(ppm, PERCENT_TO_PPM).stripTrailingZeros().toPlainString() + "%";
    }
}
