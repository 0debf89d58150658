package dev.weir.exchange;

import dev.weir.admission.Admission;
import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.deferred.Awaited;
import dev.weir.dialect.RefusalBody;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.UsageJournal;
import dev.weir.event.UsageJournal.Append;
import dev.weir.usage.Quantities;
import dev.weir.usage.UsageReading;
import java.util.function.Supplier;
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
    private final LaterUsage laterUsage;

    Records(ExchangeParts parts) {
        this.parts = parts;
        this.settlements = new Settlements(parts.admissions());
        this.laterUsage = new LaterUsage(parts);
    }

    private UsageJournal journal() {
        return parts.journal();
    }

    /// @return null where the opening record is kept; else why the call cannot go on, with its reservation given back
    @Nullable
    Refusal open(Attempt attempt) {
        Refusal refusal = null;
        if (attempt.call.config().shed() && journal().wantsShedding()) {
            refusal = CallRefusals.shed();
        } else if (!isKept(attempt.call.id,
                () -> journal().open(attempt.ifInterrupted(parts.clock().nanoTime())))) {
            refusal = CallRefusals.notKept();
        }
        if (refusal != null && journal().isOpen(attempt.call.id, attempt.number)) {
            parts.unkept()
                    .add(attempt.call.id, attempt.number,
                            () -> parts.admissions().release(attempt.admitted));
        } else if (refusal != null) {
            parts.admissions().release(attempt.admitted);
        }
        return refusal;
    }

    /// Gives back what an attempt does not need whose provider has told its input, once that is kept.
    void inputKnown(Attempt attempt, long tokensIn) {
        Admission.Admitted less = parts.admissions().withInput(attempt.admitted, tokensIn);
        if (less != attempt.admitted && isKept(attempt.call.id,
                () -> journal().reopen(attempt.ifInterrupted(less, parts.clock().nanoTime())))) {
            attempt.admitted = less;
            parts.admissions().giveBack(less);
        }
    }

    void progress(Attempt attempt, Quantities soFar) {
        var _ = journal().progress(attempt.call.id, attempt.number, soFar, attempt.bytes());
    }

    /// Progress that must be kept before somebody sees what it is about.
    ///
    /// @return whether it is
    boolean keepProgress(Attempt attempt, Quantities soFar) {
        return isKept(attempt.call.id,
                () -> journal().progress(attempt.call.id, attempt.number, soFar, attempt.bytes()));
    }

    /// The one end of an attempt: rated, settled in the ledger, kept in the journal.
    ///
    /// @param reason why Weir ended or answered it instead of the upstream, null where it did not
    /// @return whether the settlement is kept, so whether the client may see the end of its answer
    boolean settle(Attempt attempt, Outcome outcome, @Nullable RefusalCode reason, UsageReading reading) {
        return switch (reading) {
            case UsageReading.Deferred later -> settleForNow(attempt, outcome, reason, later);
            case UsageReading.Earlier told -> {
                boolean kept = laterUsage.book(attempt, told);
                yield keepSettled(attempt, outcome, reason, told) != null && kept;
            }
            case UsageReading.Elsewhere named -> {
                laterUsage.follow(attempt, named);
                yield keepSettled(attempt, outcome, reason, named) != null;
            }
            case UsageReading.Reported _,UsageReading.Estimated _,UsageReading.Missing _ ->
                keepSettled(attempt, outcome, reason, reading) != null;
        };
    }

    /// Settles what Weir counted itself, and awaits the rest.
    private boolean settleForNow(Attempt attempt, Outcome outcome, @Nullable RefusalCode reason,
            UsageReading.Deferred later) {
        if (parts.deferred().isFull()) {
            return keepSettled(attempt, outcome, reason,
                    new UsageReading.Missing("too many calls await their usage")) != null;
        }
        UsageEvent event = keepSettled(attempt, outcome, reason, later);
        boolean awaited = event != null && parts.deferred().await(new Awaited(event, attempt.admitted));
        if (event != null && !awaited && !attempt.isCharged()) {
            parts.admissions().release(attempt.admitted);
        }
        return event != null;
    }

    /// @return the event, null where it is not kept
    private @Nullable UsageEvent keepSettled(Attempt attempt, Outcome outcome, @Nullable RefusalCode reason,
            UsageReading reading) {
        UsageEvent event;
        try {
            event = settlements.settle(attempt, outcome, reason == null ? null : reason.id(), reading,
                    parts.clock().nanoTime());
        } catch (RuntimeException | Error unforeseen) {
            LOG.error("call {}: its settlement failed; it is charged as if Weir had died", attempt.call.id,
                    unforeseen);
            settleAfterFault(attempt);
            return null;
        }
        return isWritten(event, attempt) ? event : null;
    }

    /// The end of an attempt whose end nobody could see, because something failed that nobody foresaw: charged by the policy
    /// for attempts that Weir's death cut short.
    void settleAfterFault(Attempt attempt) {
        var _ = isWritten(settlements.afterFault(attempt, parts.clock().nanoTime()), attempt);
    }

    private boolean isWritten(UsageEvent event, Attempt attempt) {
        boolean kept = isKept(attempt.call.id, () -> journal().settle(event));
        if (!kept) {
            parts.unkept()
                    .add(event.callId(), event.attempt(), attempt.isCharged()
                            ? parts.admissions().holdUnused(attempt.admitted, event.quantities(), event.cost())
                            : () -> parts.admissions().release(attempt.admitted));
        }
        tell(event);
        return kept;
    }

    private void tell(UsageEvent event) {
        try {
            parts.listener().ended(event);
        } catch (RuntimeException | Error unforeseen) {
            LOG.error("call {}: its end could not be counted in the metrics", event.callId(), unforeseen);
        }
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
        var _ = isKept(call.id, () -> journal().refuse(event));
        tell(event);
    }

    /// A journal that throws has not said that it kept anything, so it counts as if it had kept nothing; and it is not asked
    /// again, because it may have. What is in it decides at the next start.
    static boolean isKept(String callId, Supplier<Append> appended) {
        try {
            return switch (appended.get()) {
                case Append.Kept _ -> true;
                case Append.NotKept(String why) -> {
                    LOG.error("call {}: its record could not be kept: {}", callId, why);
                    yield false;
                }
            };
        } catch (RuntimeException | Error unforeseen) {
            LOG.error("call {}: its record could not be kept", callId, unforeseen);
            return false;
        }
    }
}
