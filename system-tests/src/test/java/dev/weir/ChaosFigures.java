package dev.weir;

import dev.weir.ChaosLedgers.Metered;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;

/// What a scenario came to: a line for people, and where the properties `weir.chaos.results` and `weir.chaos.rows` name files, a
/// line of JSON and a row of a table there. Only what held is told: a scenario with a violation ends before.
final class ChaosFigures {
    private static final List<String> COLUMNS = List.of("scenario", "faults", "calls", "upstream_requests", "events",
            "interrupted", "refused", "lost", "doubled", "seconds", "commit");
    private static final String HEAD = "| " + String.join(" | ", COLUMNS).replace('_', ' ') + " |\n"
            + "|---".repeat(COLUMNS.size()) + "|\n";

    private ChaosFigures() {}

    /// @param begunNanos of the monotonic clock
    /// @param faults what was done to it, in words
    static void tell(String scenario, long begunNanos, ChaosLedgers ledgers, String faults) throws IOException {
        long seconds = Duration.ofNanos(System.nanoTime() - begunNanos).toSeconds();
        var figures = new JsonObject().put("at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                .put("commit", System.getProperty("weir.chaos.commit", ""))
                .put("scenario", scenario)
                .put("faults", faults)
                .put("seed", Chaos.seed())
                .put("calls", ledgers.seen().size())
                .put("upstream_requests", ledgers.served().size())
                .put("events", ledgers.stored().size())
                .put("interrupted", count(ledgers, "interrupted"))
                .put("refused", count(ledgers, "blocked") + count(ledgers, "refused"))
                .put("lost", 0)
                .put("doubled", 0)
                .put("seconds", seconds);
        Chaos.say("%s: %s; %d calls, %d requests at the upstream, %d events (%d interrupted, %d refused); 0 lost,"
                + " 0 doubled; %d s", scenario, faults, ledgers.seen().size(), ledgers.served().size(),
                ledgers.stored().size(), figures.getLong("interrupted"), figures.getLong("refused"), seconds);
        append("weir.chaos.results", "", figures.encode());
        append("weir.chaos.rows", HEAD, COLUMNS.stream()
                .map(column -> String.valueOf(figures.getValue(column)))
                .collect(Collectors.joining(" | ", "| ", " |")));
    }

    private static void append(String property, String head, String line) throws IOException {
        String file = System.getProperty(property, "");
        if (!file.isEmpty()) {
            boolean fresh = !Files.exists(Path.of(file));
            Files.writeString(Path.of(file), (fresh ? head : "") + line + "\n", StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }

    private static long count(ChaosLedgers ledgers, String outcome) {
        return ledgers.stored().stream().map(Metered::outcome).filter(outcome::equals).count();
    }
}
