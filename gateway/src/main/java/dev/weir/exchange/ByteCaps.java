package dev.weir.exchange;

import dev.weir.admission.Admission;
import dev.weir.admission.Admissions;
import dev.weir.admission.Refusal;
import dev.weir.usage.Meter;
import org.jspecify.annotations.Nullable;

/// What one attempt may still move under caps on bytes: a declared length is reserved whole before its first byte, anything
/// else in slices of 64 KiB, or exactly as much as a chunk needs where a slice is no longer to be had. What moved is never
/// more than what is reserved; settlement gives back the rest (design decision 5). Where a stream can be
/// ended in the words of its dialect, the bytes of those are kept back.
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
    private final Allowance ingress;
    private final Allowance egress;

    private ByteCaps(Admissions admissions, Admission.Admitted admitted, long ingress, long egress) {
        this.admissions = admissions;
        this.admitted = admitted;
        this.ingress = new Allowance(Meter.INGRESS_BYTES, ingress);
        this.egress = new Allowance(Meter.EGRESS_BYTES, egress);
    }

    /// Null where no cap on bytes applies.
    static @Nullable ByteCaps of(Admissions admissions, Admission.Admitted admitted) {
        long ingress = admitted.cappedAtFirst(Meter.INGRESS_BYTES);
        long egress = admitted.cappedAtFirst(Meter.EGRESS_BYTES);
        return ingress == Admission.NO_CAP && egress == Admission.NO_CAP
                ? null
                : new ByteCaps(admissions, admitted, ingress, egress);
    }

    /// From now on so many bytes, beside all that moves, stay to be sent at the end.
    ///
    /// @return null where they are to be had now, else which limit stands against it
    @Nullable
    Refusal keepBack(long bytes) {
        egress.kept = bytes;
        return reserve(egress, 0, true);
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
        Refusal refusal = reserve(ingress, in, false);
        return refusal != null ? refusal : reserve(egress, out, false);
    }

    /// Takes so many bytes for received and sent.
    ///
    /// @return null where they were to be had, else which limit stands against it: they must not be passed on then
    @Nullable
    Refusal move(long in, long out) {
        Refusal refusal = reserve(ingress, in, true);
        if (refusal == null) {
            refusal = reserve(egress, out, true);
        }
        if (refusal == null) {
            ingress.used += in;
            egress.used += out;
        }
        return refusal;
    }

    private @Nullable Refusal reserve(Allowance of, long bytes, boolean slices) {
        long lacking = of.used + of.kept + bytes - of.reserved;
        if (!of.capped || lacking <= 0) {
            return null;
        }
        if (slices && lacking < SLICE && extend(of, SLICE) == null) {
            return null;
        }
        return extend(of, lacking);
    }

    private @Nullable Refusal extend(Allowance of, long more) {
        Refusal refusal = admissions.extend(admitted, of.meter, more);
        if (refusal == null) {
            of.reserved += more;
        }
        return refusal;
    }
}
