package dev.weir.exchange;

import dev.weir.lease.LeaseAllocator;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseTerms;
import dev.weir.lease.Leases;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Lending;
import dev.weir.port.Clock;
import dev.weir.tenant.TenantDirectory;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// The leases of one node over an allocator, and the thread that keeps them.
final class LeaseThread implements Leases.Keeper, AutoCloseable {
    private final Leases leases;
    private final Ledger ledger;
    private final Thread thread;
    private volatile boolean stopping;

    LeaseThread(LeaseAllocator allocator, Clock clock) throws LeaseException {
        var lending = new Lending(clock, 0);
        ledger = Ledgers.watched(lending);
        leases = new Leases(ledger, lending, allocator, clock, LeaseTerms.DEFAULT, "here", 1, this);
        thread = Thread.ofVirtual().unstarted(this::keep);
        leases.takeOver(TenantDirectory.Snapshot.EMPTY, List.of(), true);
        thread.start();
    }

    Leases leases() {
        return leases;
    }

    Ledger ledger() {
        return ledger;
    }

    private void keep() {
        while (!stopping) {
            long pause = leases.step();
            if (!stopping && !leases.isWaitedFor()) {
                LockSupport.parkNanos(pause);
            }
        }
    }

    @Override
    public void hurry() {
        LockSupport.unpark(thread);
    }

    @Override
    public void complain(String what) {}

    @Override
    public void close() throws InterruptedException {
        stopping = true;
        hurry();
        thread.join();
    }
}
