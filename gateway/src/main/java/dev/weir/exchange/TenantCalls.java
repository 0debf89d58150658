package dev.weir.exchange;

import dev.weir.tenant.TenantId;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// How many calls of each tenant run at the moment, so that none takes this process for itself (G7).
///
/// One for all loops, exact at all times. Any thread.
final class TenantCalls {
    private final int most;
    private final ConcurrentHashMap<TenantId, AtomicInteger> running = new ConcurrentHashMap<>();

    TenantCalls(int most) {
        this.most = most;
    }

    int most() {
        return most;
    }

    /// Takes a place, to be given back with [#leave(TenantId)].
    ///
    /// @return whether there was one
    boolean enter(TenantId tenant) {
        AtomicInteger count = running.computeIfAbsent(tenant, first -> new AtomicInteger());
        int now = count.get();
        while (now < most) {
            int witness = count.compareAndExchange(now, now + 1);
            if (witness == now) {
                return true;
            }
            now = witness;
        }
        return false;
    }

    void leave(TenantId tenant) {
        Objects.requireNonNull(running.get(tenant), "left without having entered").decrementAndGet();
    }
}
