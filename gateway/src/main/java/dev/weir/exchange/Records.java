package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.dialect.RefusalBody;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.UsageJournal;
import dev.weir.event.UsageJournal.Append;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes down what becomes of calls, before anybody can see it: opening records, progress, settlements, refusals.
///
/// Each returns once its record is kept, or says that it is not. Event loop only.
final class Records {
    private static final Logger LOG = LoggerFactory.getLogger(Records.class);

    private final ExchangeParts parts;
    private final Settlements settlements;

    Records(ExchangeParts parts) {
        this.parts = parts;
        this.settlements = new Settlements(parts.admissions());
    }

    private UsageJournal journal() {
        return parts.journal();
    }

    /// @return whether the opening record is kept; where not, the reservation is given back
    boolean open(Attempt attempt) {
        if (isKept(attempt.call, journal().open(attempt.ifInterrupted(parts.clock().nanoTime())))) {
            return true;
        }
        parts.admissions().release(attempt.admitted);
        return false;
    }

    void progress(Attempt attempt, Quantities soFar) {
        var _ = journal().progress(attempt.call.id, attempt.number, soFar, attempt.bytes());
    }

    /// The one end of an attempt: rated, settled in the ledger, kept in the journal.
    ///
    /// @param reason why Weir ended or answered it instead of the upstream, null where it did not
    /// @return whether the settlement is kept, so whether the client may see the end of its answer
    boolean settle(Attempt attempt, Outcome outcome, @Nullable RefusalCode reason, UsageReading reading) {
        UsageEvent event = settlements.settle(attempt, outcome, reason == null ? null : reason.id(), reading,
                parts.clock().nanoTime());
        parts.listener().ended(event);
        return isKept(attempt.call, journal().settle(event));
    }

    /// An event of cost 0 where there is a tenant to book it on.
    ///
    /// @param attempt the number that the attempt would have had
    void refuse(Call call, int attempt, Refusal refusal, RefusalBody said) {
        if (call.caller == null) {
            parts.listener().refused(refusal.code(), call.routeName());
            return;
        }
        UsageEvent event = Refusals.event(call, attempt, refusal, said, parts.clock().nanoTime());
        parts.listener().ended(event);
        var _ = isKept(call, journal().refuse(event));
    }

    private static boolean isKept(Call call, Append append) {
        return switch (append) {
            case Append.Kept _ -> true;
            case Append.NotKept(String why) -> {
                LOG.error("call {}: its record could not be kept: {}", call.id, why);
                yield false;
            }
        };
    }
}
