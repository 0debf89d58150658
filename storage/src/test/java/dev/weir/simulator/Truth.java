package dev.weir.simulator;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.rollup.TotalKey;
import dev.weir.rollup.UsageTotal;
import dev.weir.rollup.UsageTotals;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Everything that happened, as somebody saw it who could see all of it; and whether the database tells the same.
///
/// I1: the attempts that upstreams saw are the attempts of the events, one to one. I2: what they counted is what the events
/// say, or, of what was cut, not more than is charged. I3: the same of bytes. Totals are the fold of the events, and no number
/// of an epoch is missing.
final class Truth {
    private final Map<Name, Attempt> attempts = new LinkedHashMap<>();
    private final Map<String, Refused> refusals = new LinkedHashMap<>();
    /// Nodes whose disk rotted, or which lost stored events with the database and had no segments left.
    private boolean numbersMayBeMissing;

    record Name(String callId, int attempt) {
        static Name of(UsageEvent event) {
            return new Name(event.callId(), event.attempt());
        }
    }

    /// A refusal; until it is kept, and while it is not safe, it may be lost.
    static final class Refused {
        final int node;
        final UsageEvent event;
        boolean mayBeLost = true;

        Refused(int node, UsageEvent event) {
            this.node = node;
            this.event = event;
        }
    }

    void opened(Attempt attempt) {
        attempts.put(new Name(attempt.callId, attempt.number), attempt);
    }

    Refused refused(int node, UsageEvent event) {
        var refused = new Refused(node, event);
        refusals.put(event.callId(), refused);
        return refused;
    }

    /// Whatever this node has not stored yet, and what it opened and did not settle, may be gone.
    void mayHaveLost(int node) {
        for (Attempt attempt : attempts.values()) {
            if (attempt.node == node) {
                attempt.mayBeLost = true;
                attempt.mayBeInterrupted = true;
            }
        }
        for (Refused refused : refusals.values()) {
            if (refused.node == node) {
                refused.mayBeLost = true;
            }
        }
    }

    boolean isNumbersMayBeMissing() {
        return numbersMayBeMissing;
    }

    void numbersMayBeMissing() {
        numbersMayBeMissing = true;
    }

    /// What upstreams counted for a tenant in a window, whatever became of the records.
    ///
    /// @param user null for all
    long tokens(TenantId tenant, @Nullable String user, Window.Span span, boolean outputOnly) {
        return attempts.values()
                .stream()
                .filter(attempt -> tenant.equals(attempt.opened.tenant()) && span.holds(attempt.opened.time())
                        && (user == null || user.equals(attempt.opened.user())))
                .mapToLong(attempt -> attempt.unitsOut + (outputOnly ? 0 : attempt.unitsIn))
                .sum();
    }

    Stream<Instant> moments() {
        return attempts.values().stream().map(attempt -> attempt.opened.time());
    }

    void check(ModelDatabase.Tables tables, Run run) {
        var found = new HashMap<Name, List<UsageEvent>>();
        tables.events.forEach((id, stored) -> found
                .computeIfAbsent(Name.of(stored.event()), _ -> new ArrayList<>())
                .add(stored.event()));
        for (var entry : found.entrySet()) {
            run.check(entry.getValue().size() == 1, "I1: %s has %d events", entry.getKey(), entry.getValue().size());
            run.check(attempts.containsKey(entry.getKey()) || refusals.containsKey(entry.getKey().callId),
                    "an event that nothing happened for: %s", entry.getValue());
        }
        for (Attempt attempt : attempts.values()) {
            var events = found.get(new Name(attempt.callId, attempt.number));
            check(attempt, events == null ? null : events.getFirst(), run);
        }
        for (Refused refused : refusals.values()) {
            var events = found.get(new Name(refused.event.callId(), refused.event.attempt()));
            run.check(events != null || refused.mayBeLost, "I1: the refusal %s is lost", refused.event.callId());
            run.check(events == null || events.getFirst().equals(refused.event), "the refusal %s was altered: %s",
                    refused.event.callId(), events);
        }
        checkTotals(tables, run);
        run.check(numbersMayBeMissing || tables.missing.isEmpty() && tables.superseded.isEmpty(),
                "nothing was lost, and %s is missing, %s superseded", tables.missing, tables.superseded);
        checkNumbers(tables, run);
    }

    private static void check(Attempt attempt, @Nullable UsageEvent event, Run run) {
        if (event == null) {
            run.check(attempt.mayBeLost, "I1: %s is lost (client saw its end: %s)", attempt, attempt.endSeen);
            return;
        }
        run.check(!attempt.neverOpened, "%s was refused, and has the event %s", attempt, event);
        if (event.outcome() == Outcome.INTERRUPTED && !event.equals(attempt.settled)) {
            checkInterrupted(attempt, event, run);
            return;
        }
        var settled = attempt.settled;
        run.check(event.equals(settled), "%s was settled as\n%s\nand is stored as\n%s", attempt, settled, event);
        if (attempt.complete) {
            run.check(event.quantities().amount(Meter.TOKENS_IN) == attempt.unitsIn
                    && event.quantities().amount(Meter.TOKENS_OUT) == attempt.unitsOut,
                    "I2: the upstream counted %d and %d of %s, the event says %s", attempt.unitsIn, attempt.unitsOut,
                    attempt, event.quantities());
            run.check(event.bytes().upstreamIn() == attempt.bytesOut, "I3: the upstream sent %d bytes of %s, not %s",
                    attempt.bytesOut, attempt, event.bytes());
        }
    }

    private static void checkInterrupted(Attempt attempt, UsageEvent event, Run run) {
        run.check(attempt.keptAs == null || attempt.mayBeInterrupted,
                "the settlement of %s was kept as %s and is stored as interrupted", attempt, attempt.keptAs);
        Quantities charged = event.quantities();
        if (attempt.hardCapped) {
            attempt.opened.quantities()
                    .forEach((meter, amount, _) -> run.check(charged.amount(meter) >= amount,
                            "%s reserved %d %s and is charged %d", attempt, amount, meter, charged.amount(meter)));
            run.check(attempt.unitsMost <= charged.amount(Meter.TOKENS_IN)
                    + charged.amount(Meter.TOKENS_OUT) || !attempt.opened.quantities().has(Meter.TOKENS_OUT),
                    "I2: %s used more than it is charged: %s", attempt, charged);
        } else {
            run.check(charged.amount(Meter.TOKENS_OUT) <= attempt.unitsOut, "I2: %s is charged %s and used %d", attempt,
                    charged, attempt.unitsOut);
            var told = attempt.progress;
            run.check(attempt.mayBeInterrupted || told == null
                    || charged.amount(Meter.TOKENS_OUT) >= told.amount(Meter.TOKENS_OUT),
                    "%s had kept progress %s and is charged %s", attempt, told, charged);
        }
    }

    private static void checkTotals(ModelDatabase.Tables tables, Run run) {
        var fold = new UsageTotals();
        tables.events.values().forEach(stored -> fold.add(stored.event(), stored.receivedAt()));
        Map<TotalKey, UsageTotal> expected = fold.toMap();
        run.check(expected.equals(tables.totals), "totals are not the fold of the events: %s", differing(expected,
                tables.totals));
    }

    private static Map<TotalKey, UsageTotal> differing(Map<TotalKey, UsageTotal> expected,
            Map<TotalKey, UsageTotal> actual) {
        var different = new HashMap<TotalKey, UsageTotal>();
        actual.forEach((key, total) -> {
            if (!total.equals(expected.get(key))) {
                different.put(key, total);
            }
        });
        return different;
    }

    /// The numbers of each epoch up to the watermark are stored, or named as missing or superseded.
    private static void checkNumbers(ModelDatabase.Tables tables, Run run) {
        var counts = new HashMap<String, Long>();
        tables.events.keySet().forEach(id -> counts.merge(id.node() + "-" + id.epoch(), 1L, Long::sum));
        Stream.concat(tables.missing.stream(), tables.superseded.stream())
                .distinct()
                .filter(id -> !tables.events.containsKey(id))
                .forEach(id -> counts.merge(id.node() + "-" + id.epoch(), 1L, Long::sum));
        counts.forEach((epoch, count) -> run.check(count.equals(tables.watermarks.get(epoch)),
                "%s has %d events or gaps and its watermark is %d", epoch, count, tables.watermarks.get(epoch)));
    }
}
