package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `./weir audit` against a real Weir: all is well after traffic, a refusal, a kill and a start; and whoever touches the database
/// is found out.
class WholeAuditIT {
    private static final String CONFIG = "routes:\n  sandbox: {kind: llm, provider: sandbox}\n";
    private static final int ALL_WELL = 0;
    private static final int FAILED = 1;

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();

    @Test
    void allIsThereOnceUntilSomebodyTouchesTheDatabase() throws Exception {
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            for (int i = 0; i < 12; i++) {
                assertThat(chat(weir, 20).statusCode()).isEqualTo(200);
            }
            assertThat(chat(weir, 5_000).statusCode()).as("beyond the cap").isIn(200, 429);
            weir.kill();
        }
        try (var weir = WeirProcess.start(folder, CONFIG)) {
            assertThat(chat(weir, 20).statusCode()).isEqualTo(200);
            assertThat(audit(weir)).as(out.toString()).isEqualTo(ALL_WELL);
            assertThat(out.toString()).contains("ok         sequences", "ok         counters", "All is there, once.");
            assertThat(audit(weir, "--json")).isEqualTo(ALL_WELL);
            assertThat(new JsonObject(out.toString()).getString("verdict")).isEqualTo("ok");
            assertThat(weir("audit", "--spool", folder.resolve("var/spool").toString())).as(out.toString())
                    .isEqualTo(ALL_WELL);
            assertThat(out.toString()).contains("in use by a running Weir", "Sound.");

            tamper("UPDATE weir.usage_rollups SET tokens_out = tokens_out + 1");
            assertThat(audit(weir)).isEqualTo(FAILED);
            assertThat(out.toString()).contains("failed     totals", "tokens_out: ").contains("ok         ids");
            tamper("UPDATE weir.usage_rollups SET tokens_out = tokens_out - 1");
            assertThat(audit(weir)).isEqualTo(ALL_WELL);

            tamper("DELETE FROM weir.usage_events WHERE seq = 3 AND epoch = 1");
            assertThat(audit(weir)).isEqualTo(FAILED);
            assertThat(out.toString()).contains("failed     sequences", "-1-3…3 not there, and no gap on record",
                    "failed     counters");
        }
    }

    @Test
    void whereNobodyAnswersTheCommandSaysSo() throws Exception {
        Files.createDirectories(folder.resolve("var"));
        Files.writeString(folder.resolve("var/admin.key"), "an-admin-key-of-nobody-at-all-0123456789");
        assertThat(weir("audit", "--data", folder.resolve("var").toString(), "--control",
                "127.0.0.1:" + WeirProcess.freePort())).isEqualTo(FAILED);
        assertThat(out.toString()).contains("no Weir answers");
    }

    private int audit(WeirProcess weir, String... more) {
        var words = new ArrayList<>(List.of("audit", "--wait", "30"));
        words.addAll(weir.place());
        words.addAll(List.of(more));
        return weir(words.toArray(String[]::new));
    }

    private int weir(String... words) {
        out.getBuffer().setLength(0);
        CommandLine line = Main.commandLine();
        var writer = new PrintWriter(out, true);
        line.setOut(writer).setErr(writer);
        return line.execute(words);
    }

    /// As nobody but the database's own superuser could.
    private void tamper(String sql) throws SQLException, IOException {
        Path home = folder.resolve("var/postgres");
        String port = Files.readAllLines(home.resolve("data/postmaster.pid")).get(3);
        try (var connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "weir",
                Files.readString(home.resolve("password")).strip());
                var statement = connection.createStatement()) {
            assertThat(statement.executeUpdate(sql)).isPositive();
        }
    }

    private static HttpResponse<String> chat(WeirProcess weir, int tokens) throws Exception {
        return WeirProcess.HTTP.send(HttpRequest.newBuilder(URI.create(weir.url("/sandbox/v1/chat/completions")))
                .header("Authorization", "Bearer " + weir.demoKey())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"sandbox-small\",\"max_tokens\":" + tokens
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                .build(), HttpResponse.BodyHandlers.ofString());
    }
}
