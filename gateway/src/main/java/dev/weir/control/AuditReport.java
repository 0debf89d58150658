package dev.weir.control;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// What an audit of a range of time came to. Immutable.
///
/// @param to exclusive
public record AuditReport(Instant from, Instant to, List<Check> checks) {
    /// So many examples stand with a check; its summary says how many there are.
    public static final int EVIDENCE_MAX = 20;

    public AuditReport {
        checks = List.copyOf(checks);
    }

    /// The answer to one question.
    public enum Verdict {
        /// Looked at, and all is well.
        OK,
        /// Looked at, and something cannot be.
        FAILED,
        /// It could not be looked at: something was under way, or took too long.
        UNDECIDED;

        String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// One question and its answer.
    ///
    /// @param name stable, for programs
    /// @param summary one sentence
    /// @param evidence the first few findings; what is known to be missing, too, where that is on record
    public record Check(String name, Verdict verdict, String summary, List<String> evidence) {
        public Check {
            evidence = List.copyOf(evidence.subList(0, Math.min(EVIDENCE_MAX, evidence.size())));
        }
    }

    /// Failed where one check failed, else undecided where one is.
    public Verdict verdict() {
        var verdicts = checks.stream().map(Check::verdict).toList();
        return verdicts.contains(Verdict.FAILED)
                ? Verdict.FAILED
                : verdicts.contains(Verdict.UNDECIDED) ? Verdict.UNDECIDED : Verdict.OK;
    }

    JsonObject toJson() {
        var list = new JsonArray();
        checks.forEach(check -> list.add(new JsonObject().put("name", check.name())
                .put("verdict", check.verdict().id())
                .put("summary", check.summary())
                .put("evidence", new JsonArray(check.evidence()))));
        return new JsonObject().put("from", Times.text(from))
                .put("to", Times.text(to))
                .put("verdict", verdict().id())
                .put("checks", list);
    }
}
