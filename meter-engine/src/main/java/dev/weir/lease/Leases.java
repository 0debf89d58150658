package dev.weir.lease;

import dev.weir.lease.LeaseAllocator.Ask;
import dev.weir.lease.LeaseAllocator.Exchange;
import dev.weir.lease.LeaseAllocator.Exchanged;
import dev.weir.lease.LeaseAllocator.Held;
import dev.weir.lease.LeaseAllocator.Lent;
import dev.weir.ledger.Holding;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Lending;
import dev.weir.ledger.Reservation;
import dev.weir.ledger.Shortage;
import dev.weir.port.Clock;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantDirectory;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// This node's leases: asks for more where calls wait for it, and once a second says what is used, refills and gives back.
///
/// One thread keeps them: it calls [#step] and waits as long as that says, or until [Keeper#hurry]. Calls wait in [#ask], from
/// any thread, and hear what came of it from the thread that keeps leases.
public final class Leases {
    /// In one exchange: its counters are locked together.
    private static final int ASKS_MAX = 100;
    private static final long BACKOFF_NANOS = 200_000_000;
    private static final long HURRY_NANOS = 20_000_000;
    private static final long TOLD_ALONE_NANOS = 30_000_000_000L;
    private static final long STEPS_AHEAD = 8;

    private final Ledger ledger;
    private final Lending lending;
    private final LeaseAllocator allocator;
    private final Clock clock;
    private final LeaseTerms terms;
    private final String node;
    private final long epoch;
    private final Keeper keeper;
    private final ConcurrentLinkedQueue<Waiting> arrived = new ConcurrentLinkedQueue<>();

    // The lease thread.
    private final Map<LeaseKey, Seen> seen = new HashMap<>();
    private final Queue<Asked> due = new ArrayDeque<>();
    private long number;
    private long tickedNanos;
    private boolean fenced;

    // Written by the lease thread, read by any.
    private volatile long exchanges;
    private volatile long failedExchanges;
    private volatile @Nullable String lastError;
    // Written by any thread.
    private volatile boolean hurried;
    private volatile long hurriedNanos;

    /// Whoever keeps leases. Any thread; must not wait.
    public interface Keeper {
        /// The next step should come at once.
        void hurry();

        /// Takes what an operator should know, once each time it changes.
        void complain(String what);
    }

    /// What came of asking for more.
    public enum Answer {
        /// More was lent: try again.
        MORE,
        /// Others hold as much and have not used it: what they do not need they give back within a second or two.
        IDLE_ELSEWHERE,
        /// Nobody has as much.
        NO_MORE,
        /// Nobody could be asked.
        UNAVAILABLE
    }

    private record Waiting(Shortage shortage, Consumer<Answer> then) {}

    /// What was told of a counter when it was last brought up to date.
    private static final class Seen {
        long settledTold = -1;
        long toldNanos;
        long spent = -1;
        long movedNanos;
    }

    /// @param keeper whoever calls [#step]
    public Leases(Ledger ledger, Lending lending, LeaseAllocator allocator, Clock clock, LeaseTerms terms, String node,
            long epoch, Keeper keeper) {
        this.ledger = ledger;
        this.lending = lending;
        this.allocator = allocator;
        this.clock = clock;
        this.terms = terms;
        this.node = node;
        this.epoch = epoch;
        this.hurriedNanos = clock.nanoTime() - HURRY_NANOS;
        this.tickedNanos = clock.nanoTime() - terms.every().toNanos();
        this.keeper = keeper;
    }

    /// Takes over what former starts of this node were lent, before the first admission and after the ledger was given what the
    /// node's own events have used. Fences the former starts first.
    ///
    /// @param others what the events of other nodes have used of counters whose windows run: counted where no node has spoken of
    ///        them yet
    /// @param intact whether the spool was read without damage
    /// @throws LeaseException where nobody answers; to be tried again
    public void takeOver(TenantDirectory.Snapshot directory, List<LeaseAllocator.Used> others, boolean intact)
            throws LeaseException {
        exchange(List.of());
        allocator.note(others);
        Instant now = clock.now();
        for (Held held : allocator.held(node)) {
            for (Limit limit : directory.limits(held.key().tenant())) {
                if (limit.id().equals(held.key().limit()) && limit.scope().equals(held.key().scope())
                        && held.key().span().holds(now)) {
                    takeOver(held, limit, intact);
                }
            }
        }
        lookThrough(false);
        exchangeAll(due);
    }

    private void takeOver(Held held, Limit limit, boolean intact) {
        LeaseKey key = held.key();
        Holding own = ledger.holding(key.tenant(), limit, key.value(), key.span());
        boolean accounted = held.whole() && intact || limit.measure() instanceof Measure.InFlight;
        long unaccounted = accounted ? 0 : Math.max(0, held.lent() - own.settled());
        ledger.lend(new Holding(key.tenant(), limit, key.value(), key.span(), 0, 0,
                accounted ? Math.max(held.lent(), own.settled()) : own.settled(), held.lost() + unaccounted, 0, 0, 0));
        if (unaccounted > 0) {
            keeper.complain(unaccounted + " of limit '" + limit.id() + "' of " + key.tenant() + " (" + key.value()
                    + ") were lent to a start whose records are not all there: they count as spent until the window ends");
        }
    }

    /// Asks for what a call lacks; `then` hears what came of it, on the lease thread, and must not wait.
    public void ask(Shortage shortage, Consumer<Answer> then) {
        arrived.add(new Waiting(shortage, then));
        keeper.hurry();
    }

    /// Has more lent for a running call before it is short: what is idle should cover several such steps.
    ///
    /// @param more the step it takes now
    public void lendAhead(Reservation reservation, Measure measure, long more) {
        long ahead = more > Long.MAX_VALUE / STEPS_AHEAD ? Long.MAX_VALUE : more * STEPS_AHEAD;
        if (ledger.want(reservation, measure, ahead) && clock.nanoTime() - hurriedNanos > HURRY_NANOS) {
            hurriedNanos = clock.nanoTime();
            hurried = true;
            keeper.hurry();
        }
    }

    /// Gives back what is idle, and tells all that wait that nobody can be asked any more. Best effort: what is not given back is
    /// this node's at its next start.
    public void giveBack() {
        try {
            due.clear();
            for (Holding holding : ledger.holdings(clock.now())) {
                if (holding.idle() > 0) {
                    var asked = new Asked(holding);
                    asked.idleMost = 0;
                    due.add(asked);
                }
            }
            exchangeAll(due);
        } catch (LeaseException failed) {
            keeper.complain("idle leases were not given back, the next start of this node has them: "
                    + failed.getMessage());
        }
        answer(take(), Answer.UNAVAILABLE);
    }

    /// Serves the calls that wait, then says some of what is due.
    ///
    /// @return how long to wait before the next step unless a call asks, in nanoseconds
    public long step() {
        List<Waiting> waiting = take();
        try {
            while (!waiting.isEmpty()) {
                waiting = serveSome(waiting);
            }
            sayDue();
            lastError = null;
        } catch (LeaseException failed) {
            fail(failed);
            due.clear();
            answer(waiting, Answer.UNAVAILABLE);
            return BACKOFF_NANOS;
        }
        return due.isEmpty() ? Math.max(1, terms.every().toNanos() - (clock.nanoTime() - tickedNanos)) : 0;
    }

    /// Once a second, or in a hurry, all that is due is gathered; one exchange of it goes out in each step, so that a call that
    /// asks waits for no more than that.
    private void sayDue() throws LeaseException {
        if (due.isEmpty() && (hurried || clock.nanoTime() - tickedNanos >= terms.every().toNanos())) {
            hurried = false;
            tickedNanos = clock.nanoTime();
            lookThrough(true);
            if (due.isEmpty()) {
                exchange(List.of());
            }
        }
        if (!due.isEmpty()) {
            exchange(take(due));
        }
    }

    private static List<Asked> take(Queue<Asked> from) {
        var some = new ArrayList<Asked>();
        while (some.size() < ASKS_MAX && !from.isEmpty()) {
            some.add(from.remove());
        }
        return some;
    }

    private List<Waiting> take() {
        var waiting = new ArrayList<Waiting>();
        for (Waiting call = arrived.poll(); call != null; call = arrived.poll()) {
            waiting.add(call);
        }
        return waiting;
    }

    private static void answer(List<Waiting> waiting, Answer answer) {
        waiting.forEach(call -> call.then.accept(answer));
    }

    private void fail(LeaseException failed) {
        failedExchanges = failedExchanges + 1;
        if (!String.valueOf(failed.getMessage()).equals(lastError)) {
            keeper.complain("nothing is lent at the moment, calls go on within what was: " + failed.getMessage());
        }
        lastError = failed.getMessage();
        if (failed.isFenced()) {
            fenced = true;
            lending.end();
        }
    }

    /// One counter in the making of an exchange.
    private static final class Asked {
        final Holding holding;
        long idleMost = Long.MAX_VALUE;
        long need;
        long wish;

        Asked(Holding holding) {
            this.holding = holding;
        }
    }

    /// Asks for those that wait, in their order, as far as one exchange has room; they hear before the others are asked for.
    ///
    /// @return the others
    private List<Waiting> serveSome(List<Waiting> waiting) throws LeaseException {
        var asks = new LinkedHashMap<LeaseKey, Asked>();
        var served = new ArrayList<Waiting>();
        var others = new ArrayList<Waiting>();
        for (Waiting call : waiting) {
            boolean fits = asks.isEmpty() || asks.size() + news(asks, call.shortage) <= ASKS_MAX;
            (fits ? served : others).add(call);
            if (fits) {
                call.shortage.needs().forEach(need -> note(asks, call.shortage, need));
            }
        }
        exchange(List.copyOf(asks.values()));
        served.forEach(call -> call.then.accept(answerTo(call.shortage)));
        return others;
    }

    /// How many counters a call asks about that nobody before it has asked about.
    private static int news(Map<LeaseKey, Asked> asks, Shortage shortage) {
        return (int) shortage.needs()
                .stream()
                .filter(need -> !asks.containsKey(key(shortage, need)))
                .count();
    }

    private static LeaseKey key(Shortage shortage, Shortage.Need need) {
        return LeaseKey.of(shortage.tenant(), need.limit(), need.value(), need.span());
    }

    private void note(Map<LeaseKey, Asked> asks, Shortage shortage, Shortage.Need need) {
        var asked = asks.computeIfAbsent(key(shortage, need), _ -> new Asked(
                ledger.holding(shortage.tenant(), need.limit(), need.value(), need.span())));
        long lacks = Math.max(0, need.asked() - asked.holding.idle());
        asked.need = asked.wish == 0 ? lacks : Math.min(asked.need, lacks);
        asked.wish = Math.max(1, Math.min(asked.wish + Math.max(0, need.wanted() - asked.holding.idle()),
                need.limit().amount()));
    }

    /// Gathers what is to be said of each counter.
    ///
    /// @param balanced whether to refill and give back too
    private void lookThrough(boolean balanced) {
        long now = clock.nanoTime();
        var current = new HashMap<LeaseKey, Seen>();
        for (Holding holding : ledger.holdings(clock.now())) {
            LeaseKey key = LeaseKey.of(holding);
            Seen before = seen.getOrDefault(key, new Seen());
            current.put(key, before);
            if (holding.settled() + holding.reserved() != before.spent) {
                before.spent = holding.settled() + holding.reserved();
                before.movedNanos = now;
            }
            boolean quiet = now - before.movedNanos >= terms.quiet().toNanos();
            var asked = new Asked(holding);
            boolean changes = balanced && holding.limit().blocks() && balance(asked, quiet);
            if (changes || isToBeTold(before, holding, quiet, now)) {
                due.add(asked);
            }
        }
        seen.clear();
        seen.putAll(current);
    }

    /// Other nodes are told each second what is used here, and asked what they hold; without any, now and then is enough.
    private boolean isToBeTold(Seen before, Holding holding, boolean quiet, long now) {
        boolean alone = lending.nodes() == 1;
        boolean changed = holding.settled() != before.settledTold;
        return before.settledTold < 0 && changed
                || (changed || !quiet && !alone) && (!alone || now - before.toldNanos >= TOLD_ALONE_NANOS);
    }

    /// A busy counter holds about a fair share idle, a quiet one nothing.
    ///
    /// @return whether more or less is wanted than is held
    private boolean balance(Asked asked, boolean quiet) {
        Holding holding = asked.holding;
        long fair = quiet ? 0 : (holding.free() + holding.idle()) / (2L * lending.nodes());
        if (holding.idle() > 2 * fair) {
            asked.idleMost = fair;
            return true;
        }
        if (!quiet && (holding.idle() < fair / 2 || holding.wanted() > holding.idle())) {
            asked.wish = Math.max(1, holding.wanted());
            return true;
        }
        return false;
    }

    private void exchangeAll(Queue<Asked> all) throws LeaseException {
        while (!all.isEmpty()) {
            exchange(take(all));
        }
    }

    private void exchange(List<Asked> some) throws LeaseException {
        if (fenced) {
            throw LeaseException.fenced(String.valueOf(lastError));
        }
        var asks = new ArrayList<Ask>();
        var of = new ArrayList<Holding>();
        for (Asked asked : some) {
            Holding was = asked.holding;
            var kept = ledger.keep(was.tenant(), was.limit(), was.value(), was.span(), asked.idleMost);
            if (kept.isPresent()) {
                boolean blocks = was.limit().blocks();
                asks.add(new Ask(LeaseKey.of(was), blocks ? was.limit().amount() : 0,
                        blocks ? kept.getAsLong() : was.settled(),
                        asked.need, asked.wish, was.settled(), was.lost()));
                of.add(was);
            }
        }
        long sentNanos = clock.nanoTime();
        Exchanged heard = allocator.exchange(new Exchange(node, epoch, ++number, asks));
        exchanges = exchanges + 1;
        for (int i = 0; i < of.size(); i++) {
            Holding was = of.get(i);
            Lent lent = heard.lent().get(i);
            ledger.lend(new Holding(was.tenant(), was.limit(), was.value(), was.span(), 0, 0, lent.lent(), lent.lost(),
                    lent.elsewhereLent(), lent.elsewhereUsed(), 0));
            Seen told = seen.get(LeaseKey.of(was));
            if (told != null) {
                told.settledTold = was.settled();
                told.toldNanos = sentNanos;
            }
        }
        lending.extend(sentNanos + terms.usableNanos(), heard.nodes());
    }

    private Answer answerTo(Shortage shortage) {
        Answer answer = Answer.MORE;
        for (Shortage.Need need : shortage.needs()) {
            Holding now = ledger.holding(shortage.tenant(), need.limit(), need.value(), need.span());
            if (need.asked() > now.left()) {
                if (need.asked() > now.unused()) {
                    return Answer.NO_MORE;
                }
                answer = Answer.IDLE_ELSEWHERE;
            }
        }
        return answer;
    }

    /// Whether somebody waits for the next step.
    public boolean isWaitedFor() {
        return hurried || !arrived.isEmpty();
    }

    /// Exchanges that were answered.
    public long exchanges() {
        return exchanges;
    }

    public long failedExchanges() {
        return failedExchanges;
    }

    /// Why the last exchange was not answered, null where it was.
    public @Nullable String lastError() {
        return lastError;
    }

    /// Whether another start of this node's name, or an operator, has taken its leases away for good.
    public boolean isFenced() {
        return fenced;
    }
}
