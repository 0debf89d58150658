package dev.weir;

import dev.weir.spool.Gap;
import dev.weir.spool.SpoolAudit;
import dev.weir.spool.SpoolAudit.Epoch;
import dev.weir.spool.SpoolAudit.Report;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The report on a spool folder, for people and for programs.
final class SpoolReportText {
    private SpoolReportText() {}

    static void print(Report report, Path folder, boolean inUse, PrintWriter out) {
        out.println("Spool folder " + folder + " of node " + (report.node().isEmpty() ? "(none)" : report.node())
                + (inUse ? ", in use by a running Weir" : ", in use by nobody"));
        out.println("Last start: epoch " + report.lastEpoch() + ". Recovered up to epoch " + report.recovered()
                + ", stopped in order up to epoch " + report.closed() + ".");
        for (Epoch epoch : report.epochs()) {
            out.println();
            print(epoch, out);
        }
        out.println();
        if (report.openAttempts() > 0) {
            out.println(report.openAttempts() + " attempts are open: " + (inUse
                    ? "they run, or are about to be ended."
                    : "the next start ends them as interrupted."));
        }
        if (report.lostAttempts() > 0) {
            out.println(report.lostAttempts() + " attempts have no event, and a recovery should have given them one.");
        }
        out.println(report.isSound() ? "Sound." : "Damaged: see above.");
    }

    private static void print(Epoch epoch, PrintWriter out) {
        out.println(epoch.node() + "-" + epoch.epoch() + ": " + epoch.raw() + " raw and " + epoch.sealed()
                + " sealed segments, " + epoch.bytes() + " bytes"
                + (epoch.suspect() == 0 ? "" : "; " + epoch.suspect() + " suspect, written again elsewhere"));
        out.println("  records   " + new TreeMap<>(epoch.records()).entrySet()
                .stream()
                .map(type -> type.getValue() + " " + type.getKey())
                .collect(Collectors.joining(", ")));
        out.println(epoch.firstSeq() == 0
                ? "  events    none"
                : "  events    " + epoch.firstSeq() + "…" + epoch.lastSeq()
                        + (epoch.missingEvents() == 0 ? ", all there" : ", " + epoch.missingEvents() + " missing"));
        epoch.gaps().forEach(gap -> out.println("  gap       " + gap.firstSeq() + "…" + gap.lastSeq()));
        if (epoch.gaps().size() == SpoolAudit.GAPS_MAX) {
            out.println("  gap       and perhaps more");
        }
        line(epoch.open(), "attempts opened and not ended", out);
        line(epoch.missingRecords(), "records missing, events among them", out);
        line(epoch.damaged(), "damaged stretches", out);
        line(epoch.headerless(), "segments without a header", out);
        line(epoch.unreadable(), "records that make no sense", out);
    }

    private static void line(long count, String what, PrintWriter out) {
        if (count > 0) {
            out.println("  " + count + " " + what);
        }
    }

    static JsonObject json(Report report, boolean inUse) {
        var epochs = new JsonArray();
        report.epochs().forEach(epoch -> epochs.add(json(epoch)));
        return new JsonObject().put("node", report.node())
                .put("in_use", inUse)
                .put("last_epoch", report.lastEpoch())
                .put("recovered", report.recovered())
                .put("closed", report.closed())
                .put("open_attempts", report.openAttempts())
                .put("lost_attempts", report.lostAttempts())
                .put("sound", report.isSound())
                .put("epochs", epochs);
    }

    private static JsonObject json(Epoch epoch) {
        var records = new JsonObject();
        new TreeMap<>(epoch.records()).forEach(records::put);
        var gaps = new JsonArray();
        for (Gap gap : epoch.gaps()) {
            gaps.add(new JsonObject().put("first_seq", gap.firstSeq()).put("last_seq", gap.lastSeq()));
        }
        return new JsonObject().put("node", epoch.node())
                .put("epoch", epoch.epoch())
                .put("raw_segments", epoch.raw())
                .put("sealed_segments", epoch.sealed())
                .put("suspect_segments", epoch.suspect())
                .put("headerless_segments", epoch.headerless())
                .put("records", records)
                .put("first_seq", epoch.firstSeq())
                .put("last_seq", epoch.lastSeq())
                .put("gaps", gaps)
                .put("missing_events", epoch.missingEvents())
                .put("missing_records", epoch.missingRecords())
                .put("open_attempts", epoch.open())
                .put("damaged_stretches", epoch.damaged())
                .put("unreadable_records", epoch.unreadable())
                .put("bytes", epoch.bytes());
    }
}
