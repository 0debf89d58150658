package dev.weir.exchange;

import dev.weir.admission.Admission;
import dev.weir.admission.Admissions;
import dev.weir.admission.Refusal;
import dev.weir.ledger.Shortage;
import dev.weir.usage.Meter;
import org.jspecify.annotations.Nullable;

/// What one attempt may still move under caps on bytes: a declared length is reserved whole before its first byte, anything
/// else in slices of 64 KiB, or exactly as much as a chunk needs where a slice is no longer to be had. What moved is never
/// more than what is reserved; settlement gives back the rest (design decision 5). Where a stream can be
/// ended in the words of its dialect, the bytes of those are kept back. Where nodes share a cap and this one has spent its
/// part, the stream [#waits] until more is lent, or there is none.
///
/// Made only where such a cap applies. Event loop of the exchange only.
final class ByteCaps {
    static final long SLICE = 65_536;

    private static final class Allowance {
        final Meter meter;
        final boolean capped;
        long reserved;
        long used;
        /// To be sent at the end, and so not before.
        long kept;

        Allowance(Meter meter, long reserved) {
            this.meter = meter;
            this.capped = reserved != Admission.NO_CAP;
            this.reserved = reserved;
        }
    }

    private final Admissions admissions;
    private final Admission.Admitted admitted;
    private final ByteLoan loan;
    private final Allowance ingress;
    private final Allowance egress;

    private ByteCaps(ExchangeLoop loop, Admission.Admitted admitted, long ingress, long egress) {
        this.admissions = loop.admissions();
        this.admitted = admitted;
        this.loan = new ByteLoan(loop);
        this.ingress = new Allowance(Meter.INGRESS_BYTES, ingress);
        this.egress = new Allowance(Meter.EGRESS_BYTES, egress);
    }

    /// Null where no cap on bytes applies.
    static @Nullable ByteCaps of(ExchangeLoop loop, Admission.Admitted admitted) {
        long ingress = admitted.cappedAtFirst(Meter.INGRESS_BYTES);
        long egress = admitted.cappedAtFirst(Meter.EGRESS_BYTES);
        return ingress == Admission.NO_CAP && egress == Admission.NO_CAP
                ? null
                : new ByteCaps(loop, admitted, ingress, egress);
    }

    /// Whether so many bytes can be received and sent only after this node is lent more, which it asks for then.
    ///
    /// @param then runs on the event loop when that was answered, and is to ask this again: others may have been faster
    boolean waits(long in, long out, Runnable then) {
        return waits(in, out, egress.kept, then);
    }

    /// The same, where so many bytes are to stay behind them for the end.
    boolean waits(long in, long out, long kept, Runnable then) {
        if (!loan.isOpen()) {
            return false;
        }
        Shortage lacking = lacking(ingress, ingress.used + in);
        if (lacking == null) {
            lacking = lacking(egress, egress.used + kept + out);
        }
        if (lacking == null) {
            loan.had();
            return false;
        }
        loan.ask(lacking, then);
        return true;
    }

    private @Nullable Shortage lacking(Allowance of, long total) {
        if (reserve(of, total, true) == null) {
            return null;
        }
        long least = total - of.reserved;
        return admissions.shortage(admitted, of.meter, least, Math.max(least, SLICE));
    }

    /// From now on so many bytes, beside all that moves, stay to be sent at the end.
    ///
    /// @return null where they are to be had now, else which limit stands against it
    @Nullable
    Refusal keepBack(long bytes) {
        egress.kept = bytes;
        return reserve(egress, egress.used + bytes, true);
    }

    /// Takes so many bytes for sent of those that were kept back, and keeps no more.
    ///
    /// @return null where that many were kept
    @Nullable
    Refusal spendKept(long bytes) {
        egress.kept = 0;
        return move(0, bytes);
    }

    /// Makes sure that so many bytes more can be received and sent, before the first of them is.
    ///
    /// @return null where they can, else which limit stands against it
    @Nullable
    Refusal expect(long in, long out) {
        Refusal refusal = reserve(ingress, ingress.used + in, false);
        return refusal != null ? refusal : reserve(egress, egress.used + egress.kept + out, false);
    }

    /// Takes so many bytes for received and sent.
    ///
    /// @return null where they were to be had, else which limit stands against it: they must not be passed on then
    @Nullable
    Refusal move(long in, long out) {
        Refusal refusal = reserve(ingress, ingress.used + in, true);
        if (refusal == null) {
            refusal = reserve(egress, egress.used + egress.kept + out, true);
        }
        if (refusal == null) {
            ingress.used += in;
            egress.used += out;
        }
        return refusal;
    }

    /// @param total of the attempt, what was used before too
    private @Nullable Refusal reserve(Allowance of, long total, boolean slices) {
        long lacking = total - of.reserved;
        if (!of.capped || lacking <= 0) {
            return null;
        }
        if (slices && lacking < SLICE && extend(of, SLICE) == null) {
            return null;
        }
        return extend(of, lacking);
    }

    private @Nullable Refusal extend(Allowance of, long more) {
        Refusal refusal = admissions.extend(admitted, of.meter, more, loan.answer());
        if (refusal == null) {
            of.reserved += more;
        }
        return refusal;
    }
}
