package dev.weir.dialect;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/// What a provider says a call costs: a decimal number of US dollars, or of a fraction of them. The last one told counts.
final class ReportedCost {
    static final int USD = 0;
    /// xAI's `cost_in_usd_ticks`: 10¹⁰ of them are a dollar (recorded: 200,000,000 for an image of $0.02).
    static final int TICKS = -10;
    private static final int PICOS = 12;
    private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

    private long picos = AnswerFacts.NO_COST;

    /// Takes the number in `[from, to)`; what is none, negative, or too large to be a price changes nothing.
    ///
    /// @param scale the power of ten of a dollar that the number counts
    void told(byte[] bytes, int from, int to, int scale) {
        try {
            var told = new BigDecimal(new String(bytes, from, to - from, StandardCharsets.US_ASCII));
            boolean sane = told.signum() >= 0 && told.precision() - (long) told.scale() < 19 && told.scale() < 100;
            BigDecimal exact = sane ? told.scaleByPowerOfTen(PICOS + scale).setScale(0, RoundingMode.HALF_UP) : MOST;
            if (exact.compareTo(MOST) < 0) {
                picos = exact.longValueExact();
            }
        } catch (NumberFormatException noNumber) {
            return;
        }
    }

    long picos() {
        return picos;
    }
}
