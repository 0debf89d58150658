package dev.weir.exchange;

import dev.weir.lease.LeaseAllocator;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Lends one node just what a call lacks, and nothing ahead of it, beside others that hold what the test says. Any thread.
final class MiserlyAllocator implements LeaseAllocator {
    /// What happens when a call lacks something, before it is lent. May wait.
    interface Lacking {
        /// @param times how often a call has lacked something of this counter, this time too
        void hear(int times) throws Exception;
    }

    private final Map<LeaseKey, Integer> asked = new ConcurrentHashMap<>();
    private final Map<LeaseKey, Integer> refused = new ConcurrentHashMap<>();
    private volatile Lacking lacking = times -> {};
    private volatile long othersHold;
    private volatile long othersUsed;
    private volatile boolean away;

    /// Nobody else has anything, and everybody answers.
    void forget() {
        lacking = times -> {};
        others(0, 0);
        away(false);
    }

    void onLack(Lacking heard) {
        lacking = heard;
    }

    void others(long hold, long used) {
        othersHold = hold;
        othersUsed = used;
    }

    void away(boolean now) {
        away = now;
    }

    /// How often calls lacked something of a limit.
    int asked(String limit) {
        return sum(asked, limit);
    }

    /// How often they were lent nothing.
    int refused(String limit) {
        return sum(refused, limit);
    }

    private static int sum(Map<LeaseKey, Integer> counts, String limit) {
        return counts.entrySet()
                .stream()
                .filter(of -> of.getKey().limit().equals(limit))
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    @Override
    public Exchanged exchange(Exchange exchange) throws LeaseException {
        var lent = new ArrayList<Lent>();
        for (Ask ask : exchange.asks()) {
            if (ask.need() > 0) {
                hear(asked.merge(ask.key(), 1, Integer::sum));
            }
            if (away) {
                throw LeaseException.unknown("nobody answers", null);
            }
            long free = ask.amount() - othersHold - ask.keep() - ask.lost();
            long more = ask.need() <= free ? ask.need() : 0;
            if (ask.need() > 0 && more == 0) {
                refused.merge(ask.key(), 1, Integer::sum);
            }
            lent.add(new Lent(ask.keep() + more, ask.lost(), othersHold, othersUsed));
        }
        if (away) {
            throw LeaseException.unknown("nobody answers", null);
        }
        return new Exchanged(2, lent);
    }

    private void hear(int times) {
        try {
            lacking.hear(times);
        } catch (Exception failed) {
            throw new IllegalStateException(failed);
        }
    }

    @Override
    public List<Held> held(String node) {
        return List.of();
    }

    @Override
    public void note(List<Used> used) {}
}
