package dev.weir.control;

import dev.weir.ledger.Ledger;
import dev.weir.port.Clock;
import dev.weir.postgres.Counters;
import dev.weir.postgres.DatabaseException;
import dev.weir.postgres.DayRange;
import dev.weir.postgres.Postgres;
import dev.weir.postgres.Scope;
import dev.weir.rollup.DaySeal;
import dev.weir.spool.Pressure;
import dev.weir.spool.Shipper;
import dev.weir.spool.Spool;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.tenant.Window;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;

/// Audits the node it runs in, and the database it writes to. Blocks; virtual threads only.
public final class RunningAudit implements AuditResource.Auditor {
    private static final LocalDate FIRST_DAY = LocalDate.of(1970, 1, 1);

    private final Postgres postgres;
    private final Spool spool;
    private final Shipper shipper;
    private final NodeAudit node;

    /// @param calls how many run now
    public RunningAudit(Postgres postgres, Spool spool, Shipper shipper, Ledger ledger, TenantDirectory directory,
            Clock clock, IntSupplier calls) {
        this.postgres = postgres;
        this.spool = spool;
        this.shipper = shipper;
        this.node = new NodeAudit(clock, ledger, directory::snapshot, new StoredSums(),
                new NodeAudit.Node(spool.nodeId(), calls, this::spool));
    }

    @Override
    public AuditReport audit(Instant from, Instant to, Duration wait) {
        var checks = new ArrayList<AuditReport.Check>();
        checks.addAll(history(from, to));
        checks.addAll(node.checks(wait));
        return new AuditReport(from, to, checks);
    }

    private List<AuditReport.Check> history(Instant from, Instant to) {
        try {
            return HistoryAudit.checks(postgres.audit().find(from, to));
        } catch (DatabaseException unanswered) {
            return HistoryAudit.undecided(unanswered.getMessage() + "; ask for a shorter range, or again later");
        }
    }

    private NodeAudit.SpoolStand spool() {
        return new NodeAudit.SpoolStand(spool.epoch(), spool.keptSeq(), spool.syncedSeq(), shipper.lag(),
                spool.suspectSegments(), spool.badBlocks(), spool.pressure() == Pressure.REFUSE,
                Optional.ofNullable(spool.lastError()));
    }

    private final class StoredSums implements NodeAudit.Usage {
        @Override
        public Sums at(Instant now) {
            long kept = spool.keptSeq();
            var stored = postgres.counters().since(Instant.EPOCH, now, RestoredUsage.GRAIN);
            long mine = stored.watermarks().stream().filter(this::isMine).mapToLong(Counters.Watermark::seq).sum();
            return new Sums(RestoredUsage.byNode(stored).getOrDefault(spool.nodeId(), List.of()),
                    Math.max(0, Math.max(kept, spool.keptSeq()) - mine));
        }

        private boolean isMine(Counters.Watermark mark) {
            return mark.node().equals(spool.nodeId()) && mark.epoch() == spool.epoch();
        }

        @Override
        public boolean hasUnpriced(TenantId tenant, Window.Span span) {
            LocalDate first = span.start().isBefore(Instant.EPOCH) ? FIRST_DAY : DaySeal.dayOf(span.start());
            LocalDate last = span.ends() ? DaySeal.dayOf(span.end()) : LocalDate.of(9999, 12, 30);
            return postgres.costs()
                    .total(Scope.of(tenant), DayRange.between(first, last.plusDays(1)))
                    .unpriced()
                    .signum() > 0;
        }
    }
}
