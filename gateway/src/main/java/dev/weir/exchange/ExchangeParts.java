package dev.weir.exchange;

import dev.weir.admission.Admissions;
import dev.weir.deferred.DeferredUsage;
import dev.weir.deferred.UnkeptSettlements;
import dev.weir.event.UsageJournal;
import dev.weir.meter.Tokenizers;
import dev.weir.port.Clock;
import dev.weir.tenant.KeyHasher;
import dev.weir.tenant.TenantDirectory;

/// What all event loops share: made once by `Gateway`. Every part is safe on any thread.
public record ExchangeParts(Clock clock, TenantDirectory directory, KeyHasher hasher, Admissions admissions,
        UsageJournal journal, UnkeptSettlements unkept, DeferredUsage deferred, Tokenizers tokenizers,
        ExchangeListener listener,
        ExchangeLimits limits, HeldBody.Total held, TenantCalls tenantCalls, Connections connections,
        McpSessions sessions) {
    public ExchangeParts(Clock clock, TenantDirectory directory, KeyHasher hasher, Admissions admissions,
            UsageJournal journal, UnkeptSettlements unkept, DeferredUsage deferred, Tokenizers tokenizers,
            ExchangeListener listener, ExchangeLimits limits) {
        this(clock, directory, hasher, admissions, journal, unkept, deferred, tokenizers, listener, limits,
                new HeldBody.Total(limits.heldBytesTotal()), new TenantCalls(limits.callsPerTenant()),
                new Connections(limits.connections(), limits.connectionsPerAddress(), listener::connectionRefused),
                new McpSessions());
    }

    /// Client connections that are open.
    public int openConnections() {
        return connections.open();
    }
}
