package dev.weir.ledger;

import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// What is used and what is set aside, per (limit, entity, window). Any thread.
///
/// Of every blocking limit `settled + reserved <= amount` holds at all times; where nodes share it, `settled + reserved <= lent`
/// on each of them (`docs/leases.md`). All limits of one tenant lie in one shard behind
/// one short lock, so a call takes all of its limits in one step or none, and two calls never refuse each other by holding
/// half each. Each operation is a few array and hash accesses per limit; nothing is allocated but what is returned.
///
/// The amount is read from the limit that each claim brings, so a raised or lowered limit is in force with the next call.
/// A limit whose entity, measure, window or zone changed under the same id is a new counter; the old one stays beside it for
/// calls that were identified before, until [#forget].
public final class Ledger {
    /// As what was used: the whole reservation, because nobody knows better.
    public static final long AS_RESERVED = -1;
    /// How long an ended window is kept by [#sweep], so that a clock that jumps back finds it used, and a call that was admitted
    /// in it too.
    private static final Duration KEPT_AFTER_END = Duration.ofHours(2);

    private final ConcurrentHashMap<TenantId, Shard> shards = new ConcurrentHashMap<>();
    private final @Nullable Lending lending;
    private final Lanes lanes;

    /// The ledger of a node that shares no limit with any other, each tenant behind one lock.
    public Ledger() {
        this(null, Lanes.ONE);
    }

    /// The ledger of a node that spends from what it is lent of each blocking limit: nothing at first.
    ///
    /// @param lending null where the node shares no limit with any other
    /// @param lanes how its threads keep out of each other's way
    public Ledger(@Nullable Lending lending, Lanes lanes) {
        this.lending = lending;
        this.lanes = lanes;
    }

    /// Reserves all claims or none. The claims must not be used again.
    public Claimed reserve(Claims claims) {
        return shard(claims.tenant).reserve(claims);
    }

    /// Reserves more of one measure for a running call, in each of its limits of that measure or in none.
    ///
    /// @return the same reservation, or what stood against it
    public Claimed extend(Reservation reservation, Measure measure, long more) {
        if (more < 0) {
            throw new IllegalArgumentException("a reservation is extended by 0 or more, not " + more);
        }
        Part home = reservation.home;
        boolean done = home != null && isLent() && home.extend(reservation, measure, more);
        return done ? reservation : reservation.shard.extend(reservation, measure, more);
    }

    /// What a running call lacks to extend its reservation by so much, where others may have it.
    ///
    /// @param wanted what it would use, `least` or more
    /// @return null where nothing is lacking, or the cap itself has no room, or nobody lends
    public @Nullable Shortage shortage(Reservation reservation, Measure measure, long least, long wanted) {
        return lending == null ? null : Shortage.of(reservation, measure, least, wanted, lending.isValid());
    }

    /// Says how much more of a measure a running call may soon extend its reservation by.
    ///
    /// @return whether less is idle than that, so that more should be lent ahead
    public boolean want(Reservation reservation, Measure measure, long more) {
        Part home = reservation.home;
        boolean covered = home != null && home.covers(reservation, measure, more);
        return !covered && reservation.shard.want(reservation, measure, more);
    }

    /// Gives back what a running call can no longer use.
    ///
    /// @param bound the most the call may still come to, of each measure; what is more than is reserved changes nothing
    public void shrink(Reservation reservation, ToLongFunction<Measure> bound) {
        Part home = reservation.home;
        long[] bounds = amounts(reservation, bound);
        if (home == null || !home.shrink(reservation, bounds)) {
            reservation.shard.shrink(reservation, bounds);
        }
    }

    /// Ends a reservation: what was used is settled, the rest is free again. What was used above the reservation is charged too.
    ///
    /// @param used of each measure, 0 or more, or [#AS_RESERVED]; not asked for concurrency, and without effect on limits on runs
    ///         where the call names one: it has begun
    public Settlement settle(Reservation reservation, ToLongFunction<Measure> used) {
        Part home = reservation.home;
        long[] amounts = amounts(reservation, used);
        boolean done = home != null && home.settle(reservation, amounts);
        return done ? Settlement.QUIET : reservation.shard.settle(reservation, amounts);
    }

    /// Settles of a reservation what is known; it stays open for [#settle] or [#release] with what is told later.
    ///
    /// @param used of each measure, 0 or more, or [#AS_RESERVED]
    /// @param later what is not known yet, and stays reserved; concurrency ends now in any case
    public Settlement settleButFor(Reservation reservation, ToLongFunction<Measure> used, Predicate<Measure> later) {
        Part home = reservation.home;
        long[] amounts = amounts(reservation, used);
        boolean done = home != null && home.settleButFor(reservation, amounts, later);
        return done ? Settlement.QUIET : reservation.shard.settleButFor(reservation, amounts, later);
    }

    /// Charges what was used without a reservation: by a call of a former start, or before the limit was in force.
    ///
    /// @param moment in the window that is charged
    /// @param used 0 or more
    public void charge(TenantId tenant, Limit limit, String value, Instant moment, long used) {
        shard(tenant).charge(limit, value, moment, used);
    }

    /// Counts runs that calls have begun without a reservation, each that is not counted yet: of calls of a former start, or that
    /// were made before the limit was in force.
    ///
    /// @param limit on `runs`
    /// @param moment in the window in which they are counted
    /// @param runs as callers named them
    public void begin(TenantId tenant, Limit limit, String value, Instant moment, Collection<String> runs) {
        shard(tenant).begin(limit, value, moment, runs);
    }

    /// Drops what was counted for a limit that is no longer in force, so that it begins at zero should it come again. What calls
    /// have reserved of it ends with them.
    public void forget(TenantId tenant, Limit limit) {
        Shard shard = shards.get(tenant);
        if (shard != null) {
            shard.forget(limit);
        }
    }

    /// Sets aside again what a reservation that was settled did not use, whether there is room for it or not: it may be charged
    /// yet. Right after [#settle] hardly anybody has taken it.
    ///
    /// @param used as it was settled
    /// @return what is to be released when it cannot be charged any more; null where all was used
    public @Nullable Reservation holdUnused(Reservation settled, ToLongFunction<Measure> used) {
        return settled.shard.holdUnused(settled, amounts(settled, used));
    }

    /// Ends a reservation of which nothing was used.
    public void release(Reservation reservation) {
        Part home = reservation.home;
        if (home == null || !home.release(reservation)) {
            reservation.shard.release(reservation);
        }
    }

    /// Assigns what the records say was used in the window that holds `moment`. What calls have reserved stays reserved.
    ///
    /// @param version of the records; an assignment from the same or older ones changes nothing
    /// @return whether it was assigned; not so for a window that was dropped already
    public boolean restore(TenantId tenant, Limit limit, String value, Instant moment, long settled, long version) {
        return restore(tenant, limit, value, moment, settled, List.of(), version);
    }

    /// The same where the limit is on `runs`: calls of those that have begun need nothing of it.
    ///
    /// @param settled beside the runs, by calls that named none
    /// @param runs as callers named them, each once
    public boolean restore(TenantId tenant, Limit limit, String value, Instant moment, long settled,
            Collection<String> runs, long version) {
        return shard(tenant).restore(limit, value, moment, settled, runs, version);
    }

    /// Where a counter stands; zeros where nothing was ever counted.
    public Standing standing(TenantId tenant, Limit limit, String value, Instant moment) {
        return shard(tenant).standing(limit, value, moment);
    }

    /// Where every counter stands that has a run of its window at that moment, by tenant. Of each tenant all counters are of one
    /// moment; not so those of two tenants.
    public Map<TenantId, List<Standing>> standings(Instant moment) {
        var all = new HashMap<TenantId, List<Standing>>();
        shards.forEach((tenant, shard) -> all.put(tenant, shard.standings(moment)));
        return all;
    }

    /// What this node holds of every counter that has a run of its window at that moment, of whatever limit.
    public List<Holding> holdings(Instant moment) {
        var all = new ArrayList<Holding>();
        shards.values().forEach(shard -> shard.leased.addHoldings(moment, all));
        return all;
    }

    /// What this node holds of one counter.
    public Holding holding(TenantId tenant, Limit limit, String value, Window.Span span) {
        return shard(tenant).leased.holding(limit, value, span);
    }

    /// Lowers this node's own lease of a counter to what is spent and at most so much idle; never raises it.
    ///
    /// @return what the node holds itself to from now on: the lease, or what is spent where that is more; empty where the run is
    ///         of so long ago that it was dropped
    public OptionalLong keep(TenantId tenant, Limit limit, String value, Window.Span span, long idleMost) {
        return shard(tenant).leased.keep(limit, value, span, idleMost);
    }

    /// Puts in force what was lent, and what others are known to hold.
    ///
    /// @param heard of which settled, reserved and wanted are not looked at
    public void lend(Holding heard) {
        shard(heard.tenant()).leased.lend(heard);
    }

    /// Where the limits of a running call stand that `which` takes, in the order of its claims. Which alert marks are reached is
    /// exact; as for the amounts, what other threads did may be missing, as in [Reservation#tightest].
    public List<Standing> standings(Reservation reservation, Predicate<Standing> which) {
        if (reservation.size == 0) {
            return List.of();
        }
        Part home = reservation.home;
        List<Standing> atHome = home == null ? null : home.standings(reservation, which);
        return atHome == null ? reservation.shard.standings(reservation, which) : atHome;
    }

    /// The same of one tenant.
    public List<Standing> standings(TenantId tenant, Instant moment) {
        Shard shard = shards.get(tenant);
        return shard == null ? List.of() : shard.standings(moment);
    }

    /// Every run of a window that is kept and in which something was settled, by tenant: those that go on, and ended ones for two
    /// hours. Of each tenant all are of one moment. A limit in it may have another amount than the one in force by now.
    public Map<TenantId, List<Run>> runs() {
        var all = new HashMap<TenantId, List<Run>>();
        shards.forEach((tenant, shard) -> all.put(tenant, shard.runs()));
        return all;
    }

    /// Notes that a caller was turned away by what a limit had left; not so where the call would never have fitted.
    public void refused(TenantId tenant, Exceeded exceeded) {
        if (exceeded.everFits()) {
            shard(tenant).refused(exceeded);
        }
    }

    /// How many reservations have not ended: 0 whenever nothing runs and no usage is awaited.
    public int openReservations() {
        return shards.values().stream().mapToInt(Shard::open).sum();
    }

    /// Every run of a window that is kept and of which calls on this node have something reserved: none whenever
    /// [#openReservations] is 0. Of each tenant all are of one moment.
    public List<Standing> reserved() {
        var all = new ArrayList<Standing>();
        shards.values().forEach(shard -> shard.addReserved(all));
        return all;
    }

    /// Forgets counters that it has seen ended for two hours of the monotonic clock: the wall clock may have jumped. For a job,
    /// every few minutes.
    public void sweep(Instant now, long nanoTime) {
        shards.values().forEach(shard -> shard.sweep(now.getEpochSecond(), nanoTime, KEPT_AFTER_END.toNanos()));
    }

    private boolean isLent() {
        return lending == null || lending.isValid();
    }

    private Shard shard(TenantId tenant) {
        Shard shard = shards.get(tenant);
        return shard != null ? shard : shards.computeIfAbsent(tenant, of -> new Shard(of, lending, lanes));
    }

    /// The sum of two amounts of 0 or more; [Long#MAX_VALUE] where it does not fit.
    static long plus(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    private static long[] amounts(Reservation reservation, ToLongFunction<Measure> function) {
        var amounts = new long[reservation.size];
        for (int i = 0; i < amounts.length; i++) {
            Measure measure = reservation.limits[i].measure();
            amounts[i] = measure instanceof Measure.InFlight ? AS_RESERVED : function.applyAsLong(measure);
        }
        return amounts;
    }
}
