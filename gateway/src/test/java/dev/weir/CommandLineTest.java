package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// What the command line answers, to good words and to bad ones.
class CommandLineTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int weir(String... words) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return line.execute(words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rnu                 | There is no command "rnu" here. Did you mean "run"?
            ''                  | A command is missing. Most want `./weir run`.
            config chck         | There is no command "chck" here. Did you mean "check"?
            config              | Say what to do with the configuration: check or show.
            prices              | Say what to do with the prices: check.
            prices check --since x | --since x is no day. Write one such as 2026-03-14.
            audit --wait 61     | --wait 61 is not 0 to 60 seconds.
            audit --from 2026-3 | --from 2026-3 is neither a day nor a time. Write 2026-03-14 or 2026-03-14T09:26:53Z.
            audit --to x        | --to x is neither a day nor a time.
            audit --spool no/f  | --spool no/f is no folder.
            audit --spool . --from 2026-03-14 | A spool folder is read whole: --spool goes without --from and --to.
            run --lisen a:1     | Unknown options: '--lisen', 'a:1'
            run --data          | Missing required parameter for option '--data' (DIR)
            run extra           | There is no argument "extra" here.
            run --config no/f   | The configuration no/f cannot be read (NoSuchFileException)
            run --listen 8080   | "8080" is not an address. Write HOST:PORT
            test                | the jar cannot run the tests. Run `./weir test`
            chaos               | the jar has no chaos in it. Run `./weir chaos`
            """)
    void badWordsAreAnsweredWithWhatToDo(String words, String expected) {
        assertThat(weir(words.isEmpty() ? new String[0] : words.split(" ", -1))).isEqualTo(Main.MISUSED);
        assertThat(err.toString()).contains(expected).doesNotContain("Exception:", "\tat ");
    }

    @Test
    void helpListsTheCommands() {
        assertThat(weir("help")).isEqualTo(Main.DONE);
        assertThat(out.toString()).contains("./weir", "run", "demo", "test", "config", "audit", "version");
    }

    @Test
    void versionSaysWhatRuns() {
        assertThat(weir("version")).isEqualTo(Main.DONE);
        assertThat(out.toString()).contains("weir ", "Java 25");
    }

    @Test
    void aConfigurationIsCheckedWithoutStarting() throws Exception {
        assertThat(weir("config", "check", "--config", file("listen: {data: '127.0.0.1:1'}"))).isEqualTo(Main.DONE);
        assertThat(out.toString()).contains("The configuration is good: 0 routes, data plane 127.0.0.1:1");
    }

    @Test
    void allProblemsOfAConfigurationArePrinted() throws Exception {
        assertThat(weir("config", "check", "--config", file("lisen: {}\nlog: {level: loud}"))).isEqualTo(Main.MISUSED);
        assertThat(err.toString()).contains("has 2 problems:", "weir.yaml:1 lisen", "Did you mean \"listen\"?",
                "weir.yaml:2 log.level");
    }

    @Test
    void optionsWinAndAreShownWithTheirOrigin() throws Exception {
        assertThat(weir("config", "show", "--config", file("admin: {key: canary}"), "--data", "here", "--listen",
                "127.0.0.1:7")).isEqualTo(Main.DONE);
        assertThat(out.toString()).contains("data: 127.0.0.1:7  # --listen",
                "data: " + Path.of("here").toAbsolutePath() + "  # --data", "key: '********'")
                .doesNotContain("canary");
    }

    @Test
    void pricesAreCheckedAgainstTheRunningWeirAndSayWhereNoneIs() throws Exception {
        assertThat(weir("prices", "check", "--config", file("admin: {key: a-long-enough-admin-key-0123456789}"),
                "--control", "127.0.0.1:1")).isEqualTo(Main.FAILED);
        assertThat(out.toString()).contains("Price book list-", " rows as of ");
        assertThat(err.toString()).contains("no Weir answers at http://127.0.0.1:1", "./weir run");
    }

    private String file(String yaml) throws Exception {
        return Files.writeString(folder.resolve("weir.yaml"), yaml).toString();
    }
}
