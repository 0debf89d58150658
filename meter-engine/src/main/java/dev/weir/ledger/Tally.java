package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One window's run of one counter. Guarded by its shard's lock.
///
/// It is *divided* while parts of the shard have allotments of it: then what is used and set aside is the sum over it and them.
/// One invariant keeps that exact: `settled + reserved + allotted` is at most what may be reserved *and* less than what the next
/// alert mark needs. What calls do at an allotment does not change that sum, so no cap is exceeded and no mark passed there.
/// Whatever would make the sum too great takes all of it back first ([#recall]), and finds the tally whole: as if nothing had
/// ever been divided.
final class Tally {
    final Window.Span span;
    private final long startSecond;
    private final long endSecond;
    long settled;
    long reserved;
    /// How many of the limit's alert marks have been reported.
    int alertsReported;
    /// The most that would be settled if the calls that were turned away for what was settled had passed; 0 where none was.
    long turnedAwayAt;
    long restoredVersion = Long.MIN_VALUE;
    /// Where the limit is shared by nodes: what this one may settle and reserve, all together.
    long lent;
    /// Of what former starts were lent: what nobody can account for.
    long lost;
    /// What other nodes hold, as last heard, and how much of it they have used.
    long elsewhereLent;
    long elsewhereUsed;
    /// What running calls will soon want beyond what is idle.
    long wanted;
    private @Nullable BegunRuns runs;
    /// What parts were given of it, and have not been counted here since: free, reserved and settled there.
    long allotted;
    /// The limit as it was when parts were given of it; null while it is whole.
    private @Nullable Limit dividedFor;
    private List<Allotment> allotments = List.of();

    Tally(Window.Span span) {
        this.span = span;
        this.startSecond = span.start().getEpochSecond();
        this.endSecond = span.ends() ? span.end().getEpochSecond() : Long.MAX_VALUE;
    }

    /// Of a limit on `runs`: which of them are counted.
    BegunRuns runs() {
        if (runs == null) {
            runs = new BegunRuns();
        }
        return runs;
    }

    /// Spans begin and end with whole seconds, so this is exact.
    boolean holds(long epochSecond) {
        return startSecond <= epochSecond && epochSecond < endSecond;
    }

    boolean startsBefore(Tally other) {
        return startSecond < other.startSecond;
    }

    boolean endedBefore(long epochSecond) {
        return endSecond < epochSecond;
    }

    /// What of the limit nobody has settled, reserved or been lent, as far as this node knows.
    long left(Limit limit) {
        return limit.amount() - settled - reserved - lost - elsewhereLent;
    }

    /// What of this node's lease may still be reserved or allotted, and of the limit, as far as this node knows.
    long idle(Limit limit) {
        return Math.min(lent - settled - reserved, left(limit)) - allotted;
    }

    /// What may be settled before one more of the limit's alert marks is reached, if all that is set aside is settled too; less
    /// than 0 where that may reach one.
    long untilNextMark(Limit limit) {
        if (limit.measure() instanceof Measure.InFlight) {
            return Long.MAX_VALUE;
        }
        long used = settledAnywhere();
        for (int i = 0; i < limit.alerts().size(); i++) {
            long mark = limit.mark(limit.alerts().get(i));
            if (i >= alertsReported || mark > used) {
                return mark - 1 - Ledger.plus(Ledger.plus(used, reserved), allotted);
            }
        }
        return Long.MAX_VALUE - Ledger.plus(Ledger.plus(used, reserved), allotted);
    }

    /// What is used on all nodes, as far as this one knows.
    long settledAnywhere() {
        return Ledger.plus(Ledger.plus(settled, elsewhereUsed), lost);
    }

    /// What is set aside on all nodes, as far as this one knows: what others were lent and have not used is.
    long heldAnywhere() {
        return Ledger.plus(reserved, Math.max(0, elsewhereLent - elsewhereUsed));
    }

    /// Adds what was used; stays at [Long#MAX_VALUE] where a soft limit's count would not fit.
    void addSettled(long used) {
        settled = Ledger.plus(settled, used);
    }

    /// Notes that a caller was turned away.
    void turnAway(Exceeded exceeded) {
        long wouldBe = exceeded.settled() + exceeded.asked();
        if (wouldBe > exceeded.limit().amount()) {
            turnedAwayAt = Math.max(turnedAwayAt, wouldBe);
        }
    }

    void addAllotment(Allotment allotment) {
        if (allotments.isEmpty()) {
            allotments = new ArrayList<>();
        }
        allotments.add(allotment);
    }

    void removeAllotment(Allotment allotment) {
        allotments.remove(allotment);
    }

    boolean isDivided() {
        return dividedFor != null;
    }

    /// Whether it is divided, and by the amount and the marks of this limit.
    boolean isDividedFor(Limit limit) {
        return dividedFor == limit || limit.equals(dividedFor);
    }

    /// Gives a part so much.
    void divide(Limit limit, long amount) {
        dividedFor = limit;
        allotted += amount;
    }

    /// Counts here what calls have done at the parts, which keep what is free.
    void fold() {
        if (isDivided()) {
            for (Allotment each : allotments) {
                each.part.lock();
                each.fold();
                each.part.unlock();
            }
        }
    }

    /// Makes it whole: no part has anything of it any more.
    void recall() {
        if (isDivided()) {
            for (Allotment each : allotments) {
                each.part.lock();
                each.recall();
                each.part.unlock();
            }
            dividedFor = null;
        }
    }

    Standing standing(Limit limit, String value) {
        return new Standing(limit, value, settledAnywhere(), heldAnywhere(), span);
    }

    Holding holding(TenantId tenant, Limit limit, String value) {
        return new Holding(tenant, limit, value, span, settled, reserved, lent, lost, elsewhereLent, elsewhereUsed,
                wanted);
    }

    /// Adds the alert marks that are reached and were not reported, and reports them.
    List<Crossing> withCrossings(List<Crossing> crossings, Limit limit, String value) {
        List<Crossing> all = crossings;
        while (alertsReported < limit.alerts().size()
                && settledAnywhere() >= limit.mark(limit.alerts().get(alertsReported))) {
            if (all.isEmpty()) {
                all = new ArrayList<>();
            }
            all.add(new Crossing(limit, value, limit.alerts().get(alertsReported), settledAnywhere(), span));
            alertsReported++;
        }
        return all;
    }
}
