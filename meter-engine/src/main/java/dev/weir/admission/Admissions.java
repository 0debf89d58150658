package dev.weir.admission;

import dev.weir.lease.Leases;
import dev.weir.ledger.Claims;
import dev.weir.ledger.Exceeded;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Reservation;
import dev.weir.ledger.Settlement;
import dev.weir.ledger.Shortage;
import dev.weir.ledger.Standing;
import dev.weir.money.Money;
import dev.weir.rating.CostBound;
import dev.weir.rating.PriceBook;
import dev.weir.rating.Sku;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/// Decides about calls: bounds them, prices the bound, and reserves it in every limit that applies, in one step.
///
/// Far from a cap this is arithmetic and one short lock: the input's bytes stand for its tokens. Only where that does not fit
/// is the caller asked to count ([Admission.CountFirst]); with the count the output limit is lowered to what remains. Any
/// thread; nothing waits.
///
/// The order of refusals here: plan, then unpriced, then unbounded, then the limits in [Limit#PRECEDENCE]; what comes before
/// and after is in [RefusalCode.Stage].
public final class Admissions {
    /// How often a call asks for more when others are always faster to take what was lent.
    private static final int ROUNDS_MAX = 20;

    private final Ledger ledger;
    private final @Nullable Leases leases;
    private final TenantDirectory directory;
    private volatile PriceBook prices;

    /// Of a node that shares no limit, over tenants whose limits never change.
    public Admissions(Ledger ledger, PriceBook prices) {
        this(ledger, prices, new TenantDirectory(TenantDirectory.Snapshot.EMPTY), null);
    }

    /// @param directory a limit that comes into force there while a call runs counts the call when it ends
    /// @param leases where more is asked for of limits that nodes share; null where this node shares none
    public Admissions(Ledger ledger, PriceBook prices, TenantDirectory directory, @Nullable Leases leases) {
        this.ledger = ledger;
        this.prices = prices;
        this.directory = directory;
        this.leases = leases;
    }

    /// Puts another price list in force for calls to come.
    public void swapPrices(PriceBook next) {
        prices = next;
    }

    public PriceBook prices() {
        return prices;
    }

    /// Decides about an attempt.
    public Admission admit(AdmissionRequest request) {
        Meter forbidden = forbidden(request);
        if (forbidden != null) {
            return new Admission.Refused(Refusal.of(RefusalCode.PLAN_FORBIDS,
                    "The plan '" + request.caller().plan().id() + "' does not include " + forbidden
                            + ". Use another plan for this call."));
        }
        return new Decision(request, prices, ledger, Claims.Answered.NOT_ASKED, 0).decide();
    }

    /// Asks for what an attempt lacks, and decides about it then.
    ///
    /// @param then takes the decision, on the lease thread; must not wait
    public void ask(Admission.AskFirst first, Consumer<Admission> then) {
        Objects.requireNonNull(leases, "only shared limits can be short")
                .ask(first.shortage(), answer -> then.accept(admitAnswered(first, answer)));
    }

    private Admission admitAnswered(Admission.AskFirst first, Leases.Answer answer) {
        Claims.Answered answered = switch (answer) {
            case MORE -> first.round() < ROUNDS_MAX ? Claims.Answered.NOT_ASKED : Claims.Answered.NO_MORE;
            case IDLE_ELSEWHERE, NO_MORE -> Claims.Answered.NO_MORE;
            case UNAVAILABLE -> Claims.Answered.UNAVAILABLE;
        };
        return new Decision(first.request(), prices, ledger, answered, first.round()).decide();
    }

    /// Decides about an attempt whose input was counted after [Admission.CountFirst].
    public Admission admitCounted(AdmissionRequest request, long inputTokens) {
        return admit(request.withInput(new Input.Counted(inputTokens)));
    }

    private static @Nullable Meter forbidden(AdmissionRequest request) {
        if (request.others().isEmpty()) {
            return null;
        }
        for (Meter meter : request.caller().plan().forbids()) {
            if (request.others().amount(meter) > 0) {
                return meter;
            }
        }
        return null;
    }

    /// Ends an attempt: what its event says was used is charged, the rest is free again.
    ///
    /// @param used the quantities of the attempt's event; an absent meter was not used
    /// @param cost of the attempt's event; null, unpriced, charges a cost limit with all that was reserved
    public Settlement settle(Admission.Admitted admitted, Quantities used, @Nullable Money cost) {
        chargeNewer(admitted, measure -> PastSum.used(measure, used, cost));
        return ledger.settle(admitted.reservation(), measure -> PastSum.used(measure, used, cost));
    }

    /// Ends an attempt whose usage the provider tells later: what Weir counted itself is charged, what the attempt may have used
    /// besides stays reserved until [#settle] is called with the usage, or [#release] because it does not come.
    public Settlement defer(Admission.Admitted admitted, Quantities used) {
        chargeNewer(admitted,
                measure -> CallBound.isToldByProvider(measure) ? 0 : PastSum.used(measure, used, Money.ZERO));
        return ledger.settleButFor(admitted.reservation(), measure -> PastSum.used(measure, used, Money.ZERO),
                CallBound::isToldByProvider);
    }

    /// Charges limits that came into force while the attempt ran: it reserved nothing of them. What ended before is in the events
    /// from which they were given their past.
    private void chargeNewer(Admission.Admitted admitted, ToLongFunction<Measure> used) {
        AdmissionRequest request = admitted.bound().call.request();
        TenantId tenant = request.caller().tenant().id();
        List<Limit> known = request.caller().limits();
        List<Limit> inForce = directory.snapshot().limits(tenant);
        if (inForce == known) {
            return;
        }
        for (Limit limit : inForce) {
            long amount = used.applyAsLong(limit.measure());
            if (known.stream().noneMatch(limit::countsAs)) {
                Subject.match(limit, request, (matched, value) -> charge(tenant, matched, value, request.moment(),
                        request.attributed().run(), amount));
            }
        }
    }

    /// @param run that the caller named; null where it named none
    private void charge(TenantId tenant, Limit limit, String value, Instant moment, @Nullable String run, long amount) {
        if (run != null && limit.measure() instanceof Measure.Runs) {
            ledger.begin(tenant, limit, value, moment, List.of(run));
        } else if (amount > 0) {
            ledger.charge(tenant, limit, value, moment, amount);
        }
    }

    /// Charges usage that was told later, of a call that a former start admitted, to those of its windows that still run.
    ///
    /// @param directory whose limits to count for
    public void charge(TenantDirectory.Snapshot directory, PastUsage told, Instant now) {
        for (Limit limit : directory.limits(told.tenant())) {
            if (limit.window().span(now, limit.zone()).holds(told.time())) {
                long used = PastSum.used(limit.measure(), told.quantities(), told.cost());
                Subject.match(limit, told,
                        (matched, value) -> charge(told.tenant(), matched, value, now, told.run(), used));
            }
        }
    }

    /// Ends an attempt of which nothing was used, because nothing was sent.
    public void release(Admission.Admitted admitted) {
        ledger.release(admitted.reservation());
    }

    /// Sets aside again what an attempt that was settled had reserved and did not use: until its settlement is kept it may be
    /// charged yet.
    ///
    /// @param used as it was settled, and its cost
    /// @return what frees it, once; null where it used all
    public @Nullable Runnable holdUnused(Admission.Admitted settled, Quantities used, @Nullable Money cost) {
        Reservation unused = ledger.holdUnused(settled.reservation(), measure -> PastSum.used(measure, used, cost));
        return unused == null ? null : () -> ledger.release(unused);
    }

    /// Gives back what a running attempt can no longer use.
    ///
    /// @param tokensIn the input as the provider reports it, or the bound still
    /// @param tokensOutMost what all its answers together may still come to, from the first token on
    public void shrink(Admission.Admitted admitted, long tokensIn, long tokensOutMost) {
        CallBound was = admitted.bound().call;
        var now = new CallBound(was.request(), Math.min(was.tokensIn(), tokensIn), Math.min(1, was.choices()),
                was.costFixed(), was.costPerToken());
        ledger.shrink(admitted.reservation(), measure -> CallBound.dependsOnTokens(measure)
                ? now.total(measure, tokensOutMost)
                : Ledger.AS_RESERVED);
    }

    /// What a running attempt needs whose provider has told its input: the same, where that is not less than was thought.
    /// Gives nothing back yet; that is [#giveBack].
    public Admission.Admitted withInput(Admission.Admitted admitted, long tokensIn) {
        CallBound was = admitted.bound().call;
        Sku sku = was.request().sku();
        if (!admitted.bound().tokensBounded || sku == null || tokensIn >= was.tokensIn()) {
            return admitted;
        }
        boolean costs = was.costFixed() > 0;
        long costFixed = costs
                && admitted.prices()
                        .upperBound(was.request().caller().tenant().id().value(), sku, tokensIn, was.request().others(),
                                was.request().audio(),
                                was.request().moment()) instanceof CostBound.Bounded(long fixed, long _)
                                        ? Math.min(was.costFixed(), fixed)
                                        : was.costFixed();
        var now = new CallBound(was.request(), tokensIn, was.choices(), costFixed, was.costPerToken());
        long units = admitted.reservation().units();
        return new Admission.Admitted(admitted.reservation(), admitted.outputLimit(), admitted.prices(),
                admitted.hardCapped(),
                admitted.costReserved() == null ? null : Money.ofPicos(now.total(Measure.of(Meter.COST), units)),
                new Admission.Bound(now, true));
    }

    /// Frees what is reserved for an attempt beyond what it needs by [#withInput]; what was added to it for bytes stays.
    public void giveBack(Admission.Admitted less) {
        CallBound now = less.bound().call;
        ledger.shrink(less.reservation(), measure -> CallBound.dependsOnTokens(measure)
                ? now.total(measure, less.reservation().units())
                : Ledger.AS_RESERVED);
    }

    /// Reserves more of one meter for a running attempt: the next slice of bytes.
    ///
    /// @param asked what came of asking for it; [Leases.Answer#MORE] where nobody was asked
    /// @return null where it was had, else why not; the attempt holds what it held before
    public @Nullable Refusal extend(Admission.Admitted admitted, Meter meter, long more, Leases.Answer asked) {
        if (leases != null) {
            leases.lendAhead(admitted.reservation(), Measure.of(meter), more);
        }
        return switch (ledger.extend(admitted.reservation(), Measure.of(meter), more)) {
            case Reservation _ -> null;
            case Exceeded exceeded when asked == Leases.Answer.UNAVAILABLE && exceeded.asked() <= exceeded.room() ->
                LimitRefusals.unavailable(exceeded);
            case Exceeded exceeded -> LimitRefusals.of(exceeded, admitted.bound().call.request().moment());
            case Shortage _ -> throw new IllegalStateException("a running call does not ask for more");
        };
    }

    /// What a running attempt lacks to reserve more of one meter, where it may be lent; to be asked for with [#ask].
    ///
    /// @param wanted what it would use, `least` or more
    /// @return null where it can be had, or a cap has no room for it, or this node shares none
    public @Nullable Shortage shortage(Admission.Admitted admitted, Meter meter, long least, long wanted) {
        return leases == null
                ? null
                : ledger.shortage(admitted.reservation(), Measure.of(meter), least, wanted);
    }

    /// Asks for what a running attempt lacks.
    ///
    /// @param then hears what came of it, on the lease thread; must not wait
    public void ask(Shortage shortage, Consumer<Leases.Answer> then) {
        Objects.requireNonNull(leases, "only shared limits can be short").ask(shortage, then);
    }

    /// Whether more may be lent of anything.
    public boolean sharesLimits() {
        return leases != null;
    }

    /// Why a running attempt may not put out more than was reserved for it: its upstream does not keep the output limit.
    public Refusal beyondReserved(Admission.Admitted admitted) {
        CallBound call = admitted.bound().call;
        List<Standing> counting = ledger.standings(admitted.reservation(), standing -> standing.limit().blocks()
                && call.countsOutput(standing.limit().measure()));
        return LimitRefusals.beyondReserved(counting.getFirst(), admitted.outputReserved());
    }

    /// The value of the `X-Weir-Warning` field: which limits of the attempt have reached one of their alert marks; null where
    /// none has.
    public @Nullable String warning(Admission.Admitted admitted) {
        List<Standing> reached = ledger.standings(admitted.reservation(), standing -> standing.alertReached() > 0);
        return reached.isEmpty() ? null : LimitWarnings.of(reached);
    }

    /// Rebuilds the counters of the windows that hold `now` from all that was kept before: stored totals and events not stored
    /// yet, each once. Call it before the first admission. What is counted is assigned, so doing it again changes nothing.
    ///
    /// @param directory whose tenants and limits to count for
    /// @param version of the rows, rising; older rows than those already assigned are ignored
    /// @return how many counters were assigned
    public int restore(TenantDirectory.Snapshot directory, Iterable<PastUsage> rows, Instant now, long version) {
        int assigned = 0;
        for (var sum : sums(directory, rows, now).entrySet()) {
            CounterKey key = sum.getKey();
            PastSum used = sum.getValue();
            if (ledger.restore(key.tenant(), key.limit(), key.value(), now, used.amount(), used.runs(), version)) {
                assigned++;
            }
        }
        return assigned;
    }

    /// Adds what was used before some limits came into force to what is counted for them since.
    ///
    /// @param rows of all that ended before, each once
    public void addPast(TenantDirectory.Snapshot snapshot, Map<TenantId, List<Limit>> limits, Iterable<PastUsage> rows,
            Instant now) {
        sums(snapshot, rows, now).forEach((key, used) -> {
            if (limits.getOrDefault(key.tenant(), List.of()).stream().anyMatch(key.limit()::countsAs)) {
                ledger.charge(key.tenant(), key.limit(), key.value(), now, used.amount());
                if (!used.runs().isEmpty()) {
                    ledger.begin(key.tenant(), key.limit(), key.value(), now, used.runs());
                }
            }
        });
    }

    /// One counter of the ledger: what is limited, for whom.
    public record CounterKey(TenantId tenant, Limit limit, String value) {}

    /// What each counter's window that holds `now` has settled by these rows, 0 or more; counters without a row are not in it.
    public static Map<CounterKey, Long> used(TenantDirectory.Snapshot directory, Iterable<PastUsage> rows,
            Instant now) {
        var used = new HashMap<CounterKey, Long>();
        sums(directory, rows, now).forEach((key, sum) -> used.put(key, sum.total()));
        return used;
    }

    private static Map<CounterKey, PastSum> sums(TenantDirectory.Snapshot directory, Iterable<PastUsage> rows,
            Instant now) {
        var sums = new HashMap<CounterKey, PastSum>();
        for (PastUsage row : rows) {
            for (Limit limit : directory.limits(row.tenant())) {
                if (!limit.window().span(now, limit.zone()).holds(row.time())) {
                    continue;
                }
                Subject.match(limit, row, (matched, value) -> sums
                        .computeIfAbsent(new CounterKey(row.tenant(), matched, value), _ -> new PastSum())
                        .add(matched.measure(), row));
            }
        }
        return sums;
    }

    /// What a counter had settled in a run of its window that has ended.
    public record Ended(Window.Span span, long settled) {}

    /// The same, in the making.
    private record EndedSum(Window.Span span, PastSum sum) {}

    /// The last run of its window that has ended and in which a counter was used, of each counter that has one. What no window
    /// ends is not in it.
    public static Map<CounterKey, Ended> ended(TenantDirectory.Snapshot directory, Iterable<PastUsage> rows,
            Instant now) {
        var last = new HashMap<CounterKey, EndedSum>();
        for (PastUsage row : rows) {
            for (Limit limit : directory.limits(row.tenant())) {
                Window.Span span = limit.window().span(row.time(), limit.zone());
                if (!span.end().isAfter(now)) {
                    Subject.match(limit, row, (matched, value) -> {
                        EndedSum sum = last.compute(new CounterKey(row.tenant(), matched, value),
                                (_, was) -> was == null || was.span().end().isBefore(span.end())
                                        ? new EndedSum(span, new PastSum())
                                        : was);
                        if (sum.span().end().equals(span.end())) {
                            sum.sum().add(matched.measure(), row);
                        }
                    });
                }
            }
        }
        var ended = new HashMap<CounterKey, Ended>();
        last.forEach((key, sum) -> ended.put(key, new Ended(sum.span(), sum.sum().total())));
        return ended;
    }

    /// Rebuilds the counters of windows that have not begun, where a clock that was ahead has left usage in them: those that hold
    /// the earliest such row, and those that hold the earliest of a later UTC day. As [#restore] otherwise.
    public int restoreAhead(TenantDirectory.Snapshot directory, Iterable<PastUsage> rows, Instant now, long version) {
        Optional<Instant> first = earliestFrom(rows, now.plusNanos(1));
        Optional<Instant> later = first.flatMap(moment -> earliestFrom(rows,
                moment.truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS)));
        return first.map(moment -> restore(directory, rows, moment, version)).orElse(0)
                + later.map(moment -> restore(directory, rows, moment, version)).orElse(0);
    }

    private static Optional<Instant> earliestFrom(Iterable<PastUsage> rows, Instant from) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(PastUsage::time)
                .filter(time -> !time.isBefore(from))
                .min(Instant::compareTo);
    }

    /// Where a limit stands.
    public Standing standing(TenantId tenant, Limit limit, String value, Instant moment) {
        return ledger.standing(tenant, limit, value, moment);
    }
}
