package dev.weir.tenant;

import dev.weir.money.Money;
import dev.weir.usage.Meter;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// What a tenant, or an entity inside it, may spend in a day or a month, and what happens on the way there. In force it is a
/// [Limit] on cost. Immutable.
///
/// @param id 1 to 64 characters of `A-Z a-z 0-9 . _ -`, unique within the tenant's budgets
/// @param zone whose days and months
/// @param amount 0 to 9,000,000 dollars, where 0 blocks all that costs
/// @param thresholds rising by percentage, 1 to 16 of them
public record Budget(TenantId tenant, String id, Entity entity, Period period, ZoneId zone, Money amount,
        List<Threshold> thresholds) {
    /// Before the id of each limit that is a budget, so that no other limit has the same.
    public static final String LIMIT_PREFIX = "budget:";
    public static final List<Threshold> USUAL_THRESHOLDS = List.of(Threshold.of(75, Action.NOTIFY),
            Threshold.of(90, Action.NOTIFY, Action.LOG), Threshold.of(100, Action.BLOCK, Action.NOTIFY));
    public static final int THRESHOLDS_MAX = 16;
    private static final Pattern ID_FORM = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    /// How long a budget lasts before it begins anew.
    public enum Period {
        DAILY(Window.DAY), MONTHLY(Window.MONTH);

        private final Window window;

        Period(Window window) {
            this.window = window;
        }

        public Window window() {
            return window;
        }

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<Period> byId(String id) {
            return Arrays.stream(values()).filter(period -> period.id().equals(id)).findFirst();
        }
    }

    /// What is done when a threshold is reached.
    public enum Action {
        /// It is sent to the webhook, where there is one.
        NOTIFY,
        /// A line in the log of the node that saw it.
        LOG,
        /// Calls that do not fit the budget are refused; at 100 % only.
        BLOCK;

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<Action> byId(String id) {
            return Arrays.stream(values()).filter(action -> action.id().equals(id)).findFirst();
        }
    }

    /// What is done at so many per cent of the amount.
    ///
    /// @param percent 1 to 1000
    /// @param actions one or more
    public record Threshold(int percent, Set<Action> actions) {
        public Threshold {
            if (percent < 1 || percent > 1000) {
                throw new IllegalArgumentException("a threshold is 1 to 1000 per cent, not " + percent);
            }
            if (actions.isEmpty()) {
                throw new IllegalArgumentException("the threshold at " + percent
                        + " % has no action: give it one or more of notify, log, block, or leave it out");
            }
            if (percent != 100 && actions.contains(Action.BLOCK)) {
                throw new IllegalArgumentException("block is an action of 100 %, not of " + percent
                        + " %: a budget blocks when it is used up. To block earlier make the budget smaller");
            }
            actions = Collections.unmodifiableSet(EnumSet.copyOf(actions));
        }

        public static Threshold of(int percent, Action... actions) {
            return new Threshold(percent, Set.of(actions));
        }
    }

    public Budget {
        if (!ID_FORM.matcher(id).matches()) {
            throw new IllegalArgumentException("a budget's id has 1 to 64 characters of A-Z a-z 0-9 . _ -");
        }
        if (amount.picos() < 0 || amount.picos() > Limit.AMOUNT_MAX) {
            throw new IllegalArgumentException("a budget is 0 to " + Money.ofPicos(Limit.AMOUNT_MAX) + " dollars");
        }
        thresholds = List.copyOf(thresholds);
        if (thresholds.isEmpty() || thresholds.size() > THRESHOLDS_MAX) {
            throw new IllegalArgumentException("a budget has 1 to " + THRESHOLDS_MAX + " thresholds, not "
                    + thresholds.size());
        }
        for (int i = 1; i < thresholds.size(); i++) {
            if (thresholds.get(i).percent() <= thresholds.get(i - 1).percent()) {
                throw new IllegalArgumentException("thresholds rise, and each percentage is there once");
            }
        }
    }

    public boolean blocks() {
        return thresholds.stream().anyMatch(threshold -> threshold.actions().contains(Action.BLOCK));
    }

    public String limitId() {
        return LIMIT_PREFIX + id;
    }

    /// The limit that it is in force as.
    public Limit toLimit() {
        var alerts = new ArrayList<Integer>();
        thresholds.forEach(threshold -> alerts.add(threshold.percent()));
        return new Limit(limitId(), entity, Measure.of(Meter.COST), period.window(), zone, amount.picos(),
                blocks() ? Limit.Action.BLOCK : Limit.Action.NOTIFY, alerts);
    }
}
