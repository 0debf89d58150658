package dev.weir.tenant;

import dev.weir.usage.Meter;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// So much of one measure, for one entity, in one window; and what happens beyond it. Immutable.
///
/// @param id 1 to 128 characters of `A-Z a-z 0-9 . _ : -`, unique within a tenant (its own limits and its plan's);
///     names the counter
/// @param zone whose days and months; UTC unless said otherwise
/// @param amount whole units of the measure, pico-dollars for `cost`; 0 to 9 × 10¹⁸, of `runs` to [#RUNS_MAX], where 0 blocks
///     everything
/// @param alerts percentages of the amount at which somebody is told, rising, once per window
public record Limit(String id, Entity entity, Measure measure, Window window, ZoneId zone, long amount, Action action,
        List<Integer> alerts) {
    private static final Pattern ID_FORM = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
    public static final long AMOUNT_MAX = 9_000_000_000_000_000_000L;
    /// The most runs that a limit on `runs` counts in a window for one entity, so its largest amount and alert mark: a node
    /// remembers each of them as long as it keeps that window's counter, in some 120 bytes.
    public static final long RUNS_MAX = 1_000_000;
    private static final int QUARTER_SECONDS = 900;
    public static final List<Integer> USUAL_ALERTS = List.of(75, 90, 100);
    /// Nothing bounds these before a call, or a design decision keeps them free: they can be watched, not blocked.
    private static final Set<Meter> NEVER_BLOCKED = Set.of(Meter.TOOL_CALLS_REQUESTED, Meter.RATE_LIMITED);

    /// The order in which limits are asked, so in which they refuse: concurrency first, then by the shortness of the window
    /// (what will pass soonest), cost after other meters, then by id.
    public static final Comparator<Limit> PRECEDENCE = Comparator.<Limit>comparingInt(Limit::rank)
            .thenComparing(Limit::window)
            .thenComparing(Limit::id);

    /// What a limit does when it is reached.
    public enum Action {
        /// A hard cap: reserved before, never exceeded.
        BLOCK,
        /// A soft cap: tells, never blocks.
        NOTIFY;

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<Action> byId(String id) {
            return Arrays.stream(values()).filter(action -> action.id().equals(id)).findFirst();
        }
    }

    public Limit {
        if (!ID_FORM.matcher(id).matches()) {
            throw new IllegalArgumentException("a limit's id has 1 to 128 characters of A-Z a-z 0-9 . _ : -, not '" + id
                    + "'");
        }
        if (amount < 0 || amount > AMOUNT_MAX) {
            throw new IllegalArgumentException(
                    "limit " + id + ": the amount is 0 to " + AMOUNT_MAX + ", not " + amount);
        }
        if (action == Action.BLOCK && measure instanceof Measure.Counted(Meter meter)
                && NEVER_BLOCKED.contains(meter)) {
            throw new IllegalArgumentException(
                    "limit " + id + ": " + meter + " is never capped; use action notify or another meter");
        }
        if (measure instanceof Measure.InFlight && window != Window.TOTAL) {
            throw new IllegalArgumentException(
                    "limit " + id + ": concurrency has no window, so the window is total, not "
                            + window);
        }
        alerts = List.copyOf(alerts);
        checkAlerts(id, alerts);
        if (measure instanceof Measure.Runs) {
            checkRuns(id, amount, alerts);
        }
    }

    /// A blocking limit in UTC with the usual alerts.
    public static Limit block(String id, Entity entity, Measure measure, Window window, long amount) {
        return new Limit(id, entity, measure, window, ZoneOffset.UTC, amount, Action.BLOCK, USUAL_ALERTS);
    }

    /// A limit that only tells, in UTC with the usual alerts.
    public static Limit notify(String id, Entity entity, Measure measure, Window window, long amount) {
        return new Limit(id, entity, measure, window, ZoneOffset.UTC, amount, Action.NOTIFY, USUAL_ALERTS);
    }

    /// Reads the name of a zone: a region such as `Europe/Berlin`, an offset such as `+05:30`, or `UTC`.
    ///
    /// @throws IllegalArgumentException if there is no such zone, or its offset is not of whole quarters of an hour, by which
    ///         past usage is summed
    public static ZoneId zoneOf(String name) {
        try {
            ZoneId zone = ZoneId.of(name).normalized();
            if (zone instanceof ZoneOffset offset && offset.getTotalSeconds() % QUARTER_SECONDS != 0) {
                throw new IllegalArgumentException("an offset is of whole quarters of an hour, not " + name);
            }
            return zone;
        } catch (DateTimeException unknown) {
            throw new IllegalArgumentException("there is no time zone '" + name + "'", unknown);
        }
    }

    /// The zone as [#zoneOf] reads it.
    public String zoneName() {
        return zone.equals(ZoneOffset.UTC) ? "UTC" : zone.getId();
    }

    public Limit withAction(Action other) {
        return other == action ? this : new Limit(id, entity, measure, window, zone, amount, other, alerts);
    }

    public boolean blocks() {
        return action == Action.BLOCK;
    }

    /// So many per cent of the amount, rounded up: what must be used for an alert at that percentage. [Long#MAX_VALUE] where it
    /// does not fit.
    ///
    /// @param percent 1 to 1000
    public long mark(int percent) {
        return mark(amount, percent);
    }

    private static long mark(long amount, int percent) {
        long hundredths = amount / 100;
        if (hundredths > Long.MAX_VALUE / percent - 1000) {
            return Long.MAX_VALUE;
        }
        return hundredths * percent + (amount % 100 * percent + 99) / 100;
    }

    /// Whether both count the same thing, so that a change from one to the other keeps what was counted.
    public boolean countsAs(Limit other) {
        return this == other || id.equals(other.id) && entity.equals(other.entity) && measure.equals(other.measure)
                && window == other.window && zone.equals(other.zone);
    }

    /// What it counts, as text: two limits with the same id and scope count the same thing ([#countsAs]).
    public String scope() {
        return measure.id() + "/" + window.id() + "/" + zone.getId() + "/" + entity;
    }

    private int rank() {
        return switch (measure) {
            case Measure.InFlight() -> 0;
            case Measure.Runs() -> 1;
            case Measure.Counted(Meter meter) -> meter == Meter.COST ? 2 : 1;
        };
    }

    private static void checkRuns(String id, long amount, List<Integer> alerts) {
        if (amount > RUNS_MAX) {
            throw new IllegalArgumentException(
                    "limit " + id + ": the amount of runs is 0 to " + RUNS_MAX + ", not " + amount);
        }
        if (!alerts.isEmpty() && mark(amount, alerts.getLast()) > RUNS_MAX) {
            throw new IllegalArgumentException(
                    "limit " + id + ": at most " + RUNS_MAX + " runs are counted, so an alert at "
                            + alerts.getLast() + " % of " + amount + " would never come");
        }
    }

    private static void checkAlerts(String id, List<Integer> alerts) {
        int last = 0;
        for (int percent : alerts) {
            if (percent <= last || percent > 1000) {
                throw new IllegalArgumentException(
                        "limit " + id + ": alerts are rising percentages of 1 to 1000, not " + alerts);
            }
            last = percent;
        }
    }
}
