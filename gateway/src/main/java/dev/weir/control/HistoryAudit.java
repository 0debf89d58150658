package dev.weir.control;

import dev.weir.control.AuditReport.Check;
import dev.weir.control.AuditReport.Verdict;
import dev.weir.postgres.Audit;
import dev.weir.postgres.Audit.EpochSeqs;
import dev.weir.postgres.Audit.Findings;
import dev.weir.postgres.Audit.Hole;
import dev.weir.spool.Gap;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// What the findings in the database mean. Pure.
final class HistoryAudit {
    private HistoryAudit() {}

    static List<Check> checks(Findings found) {
        return List.of(sequences(found), epochs(found), ids(found), attempts(found), totals(found));
    }

    /// The same questions, and no answer.
    static List<Check> undecided(String why) {
        return Stream.of("sequences", "epochs", "ids", "attempts", "totals")
                .map(name -> new Check(name, Verdict.UNDECIDED, why, List.of()))
                .toList();
    }

    /// Every number up to the watermark is there, or on record as missing.
    private static Check sequences(Findings found) {
        var wrong = new ArrayList<String>();
        long unnamed = 0;
        for (Hole hole : found.holes()) {
            for (Hole rest : withoutNamed(hole, found)) {
                unnamed += rest.last() - rest.first() + 1;
                wrong.add(text(rest) + " not there, and no gap on record");
            }
        }
        for (EpochSeqs epoch : found.epochs()) {
            if (epoch.last() > epoch.watermark()) {
                wrong.add(name(epoch) + ": events up to " + epoch.last() + " are there, and the watermark is "
                        + (epoch.watermark() < 0 ? "not" : epoch.watermark()));
            }
        }
        var named = new ArrayList<String>();
        found.gaps().forEach(noticed -> named.add(text(noticed.gap(), found)));
        long events = found.epochs().stream().mapToLong(EpochSeqs::events).sum();
        String summary = found.epochs().size() + " epochs with " + events + " events: "
                + (wrong.isEmpty()
                        ? "every number up to the watermark is there" + (named.isEmpty() ? "" : " or on record")
                        : unnamed + " events are missing without a record" + more(found.holes().size()));
        wrong.addAll(named);
        return new Check("sequences", verdict(unnamed > 0 || wrong.size() > named.size()), summary, wrong);
    }

    /// What of a hole no gap on record covers.
    private static List<Hole> withoutNamed(Hole hole, Findings found) {
        var rest = new ArrayList<Hole>();
        long next = hole.first();
        for (var noticed : found.gaps()) {
            Gap gap = noticed.gap();
            if (!gap.node().equals(hole.node()) || gap.epoch() != hole.epoch() || gap.firstSeq() > hole.last()) {
                continue;
            }
            if (gap.firstSeq() > next) {
                rest.add(new Hole(hole.node(), hole.epoch(), next, gap.firstSeq() - 1));
            }
            next = Math.max(next, gap.lastSeq() == null ? hole.last() + 1 : gap.lastSeq() + 1);
        }
        if (next <= hole.last()) {
            rest.add(new Hole(hole.node(), hole.epoch(), next, hole.last()));
        }
        return rest;
    }

    private static String text(Gap gap, Findings found) {
        Long last = gap.lastSeq();
        if (last == null) {
            return "on record: " + gap + " (" + gap.reason().id() + "): whatever was kept after it";
        }
        boolean open = found.holes()
                .stream()
                .anyMatch(hole -> hole.node().equals(gap.node()) && hole.epoch() == gap.epoch()
                        && hole.first() <= last && hole.last() >= gap.firstSeq());
        return "on record: " + gap + " (" + gap.reason().id() + ")" + (open ? "" : ", and all there since");
    }

    private static Check epochs(Findings found) {
        var unknown = found.epochs().stream().filter(epoch -> !epoch.known()).map(HistoryAudit::name).toList();
        return new Check("epochs", verdict(!unknown.isEmpty()), unknown.isEmpty()
                ? "every epoch was given to one start"
                : unknown.size() + " epochs were given to nobody", unknown);
    }

    private static Check ids(Findings found) {
        var twice = found.twice()
                .stream()
                .map(one -> one.node() + "-" + one.epoch() + "-" + one.seq() + " " + one.places())
                .toList();
        return new Check("ids", verdict(!twice.isEmpty()), twice.isEmpty()
                ? "no event is there twice, on whatever day and of whatever tenant"
                : twice.size() + " events are there more than once" + more(twice.size()), twice);
    }

    private static Check attempts(Findings found) {
        var twice = found.attemptsTwice()
                .stream()
                .map(one -> "attempt " + one.attempt() + " of call " + one.callId() + " has " + one.events()
                        + " events: " + one.ids())
                .toList();
        return new Check("attempts", verdict(!twice.isEmpty()), twice.isEmpty()
                ? "no attempt has two events"
                : twice.size() + " attempts have more than one event" + more(twice.size()), twice);
    }

    private static Check totals(Findings found) {
        var differences = found.differences()
                .stream()
                .map(one -> one.table() + " " + one.key() + ": " + String.join("; ", one.columns()))
                .toList();
        return new Check("totals", verdict(!differences.isEmpty()), differences.isEmpty()
                ? found.rows() + " rows of totals are the sums of their events, in every meter and to the pico-dollar"
                : differences.size() + " rows of totals are not the sums of their events" + more(differences.size()),
                differences);
    }

    private static Verdict verdict(boolean wrong) {
        return wrong ? Verdict.FAILED : Verdict.OK;
    }

    private static String more(int count) {
        return count >= Audit.FINDINGS_MAX ? ", and there may be more" : "";
    }

    private static String name(EpochSeqs epoch) {
        return epoch.node() + "-" + epoch.epoch();
    }

    private static String text(Hole hole) {
        return hole.node() + "-" + hole.epoch() + "-" + hole.first() + "…" + hole.last();
    }
}
