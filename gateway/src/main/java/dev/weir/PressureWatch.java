package dev.weir;

import dev.weir.spool.Pressure;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says once, at each level the spool reaches on its way to its quota, what it means; and once that it is over. One thread looks,
/// any may ask.
final class PressureWatch {
    private static final Logger LOG = LoggerFactory.getLogger(PressureWatch.class);

    private final Supplier<Pressure> pressure;
    private final LongSupplier used;
    private final long quota;
    private Pressure told = Pressure.NORMAL;

    PressureWatch(Supplier<Pressure> pressure, LongSupplier used, long quota) {
        this.pressure = pressure;
        this.used = used;
        this.quota = quota;
    }

    void look() {
        Pressure now = pressure.get();
        if (now.compareTo(told) > 0) {
            told = now;
            LOG.warn("{}", text(now));
        } else if (now == Pressure.NORMAL && told != Pressure.NORMAL) {
            told = Pressure.NORMAL;
            LOG.info("the spool has room again: {} of {} bytes wait for PostgreSQL", used.getAsLong(), quota);
        }
    }

    /// What holds now; empty below 70 %.
    Optional<String> warning() {
        Pressure now = pressure.get();
        return now == Pressure.NORMAL ? Optional.empty() : Optional.of(text(now));
    }

    private String text(Pressure level) {
        String what = switch (level) {
            case NORMAL -> "";
            case WARN -> "from 90 % on calls of routes with shed: true are refused, at 100 % all";
            case SHED -> "calls of routes with shed: true are refused, at 100 % all will be";
            case REFUSE -> "new calls are refused";
        };
        return "the spool holds " + used.getAsLong() + " of its quota of " + quota
                + " bytes, because PostgreSQL does not take"
                + " events; " + what + ". Bring PostgreSQL back, or raise spool.quota.";
    }
}
