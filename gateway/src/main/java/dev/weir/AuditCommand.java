package dev.weir;

import dev.weir.config.ConfigResult;
import dev.weir.disk.FileDisk;
import dev.weir.spool.SpoolAudit;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `weir audit`.
@Command(name = "audit", description = {
    "Check that every event is there, once.",
    "Asks the running Weir of this configuration about a range of time; with --spool, reads a spool folder on its own, whether a"
            + " Weir runs on it or not, and changes nothing in it.",
    "Exit code 0: all is well; 1: something is missing, twice or damaged, or nobody answers; 3: it could not be decided, because"
            + " calls were running or events were not stored yet."},
        mixinStandardHelpOptions = true)
final class AuditCommand implements Callable<Integer> {
    private static final int UNDECIDED = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int WAIT_MAX = 60;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Option(names = "--from", paramLabel = "TIME",
            description = "Where the range begins: a UTC day such as 2026-03-14, or a time by RFC 3339. Default: yesterday.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME",
            description = "Where it ends: a UTC day, which is in the range, or a time, which is not. Default: today.")
    private @Nullable String to;

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "5",
            description = "How long a moment without running calls is waited for, 0 to 60. Default: ${DEFAULT-VALUE}.")
    private int wait;

    @Option(names = "--spool", paramLabel = "FOLDER", description = "Read this spool folder instead.")
    private @Nullable Path spool;

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        if (wait < 0 || wait > WAIT_MAX) {
            throw misused("--wait " + wait + " is not 0 to " + WAIT_MAX + " seconds.");
        }
        Path folder = spool;
        if (folder != null) {
            if (from != null || to != null) {
                throw misused("A spool folder is read whole: --spool goes without --from and --to.");
            }
            return auditSpool(folder);
        }
        String path = "/api/audit?wait=" + wait + parameter("from", from, false) + parameter("to", to, true);
        Optional<ConfigResult.Loaded> loaded = options.load();
        if (loaded.isEmpty()) {
            return Main.MISUSED;
        }
        JsonObject report = ControlClient.ask(loaded.get().config(), PATIENCE, path);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report.encodePrettily());
        } else {
            print(report, out);
        }
        out.flush();
        return switch (report.getString("verdict")) {
            case "ok" -> Main.DONE;
            case "undecided" -> UNDECIDED;
            default -> Main.FAILED;
        };
    }

    private ParameterException misused(String why) {
        return new ParameterException(spec.commandLine(), why);
    }

    /// @param end whether a day means the moment after it
    private String parameter(String name, @Nullable String text, boolean end) {
        if (text == null) {
            return "";
        }
        return "&" + name + "=" + URLEncoder.encode(moment(name, text, end).toString(), StandardCharsets.UTF_8);
    }

    private Instant moment(String name, String text, boolean end) {
        try {
            if (text.length() == "2026-03-14".length()) {
                return LocalDate.parse(text).plusDays(end ? 1 : 0).atStartOfDay(ZoneOffset.UTC).toInstant();
            }
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw misused("--" + name + " " + text
                    + " is neither a day nor a time. Write 2026-03-14 or 2026-03-14T09:26:53Z.");
        }
    }

    private static void print(JsonObject report, PrintWriter out) {
        out.println("Audit of " + report.getString("from") + " to " + report.getString("to"));
        JsonArray checks = report.getJsonArray("checks");
        for (int i = 0; i < checks.size(); i++) {
            JsonObject check = checks.getJsonObject(i);
            out.printf("%-10s %-10s %s%n", check.getString("verdict"), check.getString("name"),
                    check.getString("summary"));
        }
        for (int i = 0; i < checks.size(); i++) {
            JsonObject check = checks.getJsonObject(i);
            JsonArray evidence = check.getJsonArray("evidence");
            if (!evidence.isEmpty()) {
                out.println();
                out.println(check.getString("name") + ":");
                evidence.forEach(line -> out.println("  " + line));
            }
        }
        out.println();
        out.println(switch (report.getString("verdict")) {
            case "ok" -> "All is there, once.";
            case "undecided" -> "Nothing is wrong in what could be looked at, and not all could.";
            default -> "Something is wrong.";
        });
    }

    private int auditSpool(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw misused("--spool " + folder + " is no folder.");
        }
        var report = SpoolAudit.of(FileDisk.open(folder), FileDisk.bootId());
        boolean inUse = FileDisk.isLocked(folder.resolve(SpoolAudit.LOCK));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(SpoolReportText.json(report, inUse).encodePrettily());
        } else {
            SpoolReportText.print(report, folder, inUse, out);
        }
        out.flush();
        return report.isSound() ? Main.DONE : Main.FAILED;
    }
}
