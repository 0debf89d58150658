package dev.weir;

import dev.weir.config.GatewayConfig;
import dev.weir.lease.LeaseAllocator;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseTerms;
import dev.weir.lease.Leases;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Lending;
import dev.weir.port.Clock;
import dev.weir.tenant.TenantDirectory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This node's part in the limits that nodes share: its leases, and the thread that keeps them.
///
/// [#close()] gives back what is idle, as far as the database can be reached.
final class NodeLeases implements Leases.Keeper, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeLeases.class);
    private static final int TRIES_MAX = 30;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration STOP_MAX = Duration.ofSeconds(10);

    private final Leases leases;
    private final boolean intact;
    private volatile boolean stopping;
    private volatile @Nullable Thread thread;

    NodeLeases(GatewayConfig config, Store store, Ledger ledger, Lending lending, Clock clock) {
        var spool = store.spool();
        leases = new Leases(ledger, lending, store.postgres().leases(), clock, terms(config), spool.nodeId(),
                spool.epoch(),
                this);
        intact = spool.recovery().badBlocks() == 0;
    }

    static LeaseTerms terms(GatewayConfig config) {
        return new LeaseTerms(config.leases().expire(), LeaseTerms.DEFAULT.every(), LeaseTerms.DEFAULT.quiet());
    }

    Leases leases() {
        return leases;
    }

    /// Fences former starts of this node, takes over what they were lent, and goes on from there. Once, when the counters are
    /// restored and before anything is admitted. A start needs the database for its epoch anyway, so it waits here too.
    ///
    /// @throws LeaseException where the database does not answer for half a minute, or another start of the node was faster
    void takeOver(Past past, TenantDirectory.Snapshot directory) throws LeaseException {
        var others = past.usedByOthers(directory);
        for (int tries = 1; !isTakenOver(others, directory, tries == TRIES_MAX); tries++) {
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        thread = Thread.ofVirtual().name("weir-leases").start(this::keep);
    }

    private void keep() {
        while (!stopping) {
            long pause = leases.step();
            if (!stopping && !leases.isWaitedFor()) {
                LockSupport.parkNanos(pause);
            }
        }
        leases.giveBack();
    }

    @Override
    public void hurry() {
        LockSupport.unpark(thread);
    }

    @Override
    public void complain(String what) {
        LOG.warn("{}", what);
    }

    private boolean isTakenOver(List<LeaseAllocator.Used> others,
            TenantDirectory.Snapshot directory, boolean last) throws LeaseException {
        try {
            leases.takeOver(directory, others, intact);
            return true;
        } catch (LeaseException away) {
            if (last || away.isFenced() || Thread.currentThread().isInterrupted()) {
                throw away;
            }
            LOG.warn("what this node was lent is not known yet, trying again: {}", away.getMessage());
            return false;
        }
    }

    @Override
    public void close() throws InterruptedException {
        stopping = true;
        hurry();
        Thread running = thread;
        if (running != null) {
            running.join(STOP_MAX);
        }
    }
}
