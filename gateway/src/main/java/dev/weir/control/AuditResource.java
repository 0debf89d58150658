package dev.weir.control;

import dev.weir.port.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Whether all is there, once: `/api/audit`.
public final class AuditResource implements Resource {
    private static final Duration WAIT_DEFAULT = Duration.ofSeconds(5);

    private final Auditor auditor;
    private final Clock clock;

    public AuditResource(Auditor auditor, Clock clock) {
        this.auditor = auditor;
        this.clock = clock;
    }

    /// Who looks. May wait for minutes; virtual threads only.
    @FunctionalInterface
    public interface Auditor {
        /// @param to exclusive
        /// @param wait how long a quiet moment is waited for
        AuditReport audit(Instant from, Instant to, Duration wait);
    }

    @Override
    public Map<String, Operation> operations() {
        return Map.of("audit", this::audit);
    }

    private Reply audit(Request request) {
        var faults = new ArrayList<Problem.Field>();
        LocalDate today = LocalDate.ofInstant(clock.now(), ZoneOffset.UTC);
        Optional<Instant> from = time(request, "from", today.minusDays(1), faults);
        Optional<Instant> to = time(request, "to", today.plusDays(1), faults);
        if (from.isPresent() && to.isPresent() && !from.get().isBefore(to.get())) {
            faults.add(new Problem.Field("to", "is not after `from`: no time lies between them",
                    "`from` is included, `to` is not."));
        }
        if (!faults.isEmpty()) {
            return Reply.failed(Problem.invalid(faults));
        }
        var wait = request.optional("wait");
        return Reply.ok(auditor.audit(from.orElseThrow(), to.orElseThrow(),
                wait == null ? WAIT_DEFAULT : Duration.ofSeconds(Long.parseLong(wait))).toJson());
    }

    private static Optional<Instant> time(Request request, String name, LocalDate standard,
            List<Problem.Field> faults) {
        var text = request.optional(name);
        if (text == null) {
            return Optional.of(standard.atStartOfDay(ZoneOffset.UTC).toInstant());
        }
        var time = Times.parse(text);
        if (time.isEmpty()) {
            faults.add(new Problem.Field(name, "names no moment of the calendar",
                    "A time by RFC 3339, such as 2026-03-14T09:26:53Z."));
        }
        return time;
    }
}
