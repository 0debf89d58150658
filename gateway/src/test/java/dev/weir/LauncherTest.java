package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher, in a project of its own whose JDK and Maven only say what they were asked for.
class LauncherTest {
    private static final String SAY = "#!/bin/sh\nfor word; do printf '%s:%s\\n' \"${0##*/}\" \"$word\"; done\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;
    @SuppressWarnings("NullAway.Init")
    private Path project;

    private record Result(int exit, List<String> lines) {}

    @BeforeEach
    void aProjectInAFolderWithSpaces() throws IOException {
        project = Files.createDirectories(folder.resolve("a project"));
        Path launcher = project.resolve("weir");
        Files.copy(Path.of("..", "weir").toAbsolutePath().normalize(), launcher);
        makeExecutable(launcher);
        Files.writeString(project.resolve("pom.xml"), "<project/>");
        Files.createDirectories(project.resolve("gateway/src/main"));
        script("jdk/bin/java", SAY);
        script("jdk/bin/javac", SAY);
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25.0.3\"\n");
        script("bin/mvn", SAY + "mkdir -p gateway/target && touch gateway/target/gateway-1-all.jar\n");
    }

    @Test
    void itBecomesJavaWithWhatItWasAskedFor() throws Exception {
        jar(Instant.now().plusSeconds(60));

        Result result = weir("run", "--data", "a folder");
        String copies = project.toRealPath() + "/target/run/weir-";

        assertThat(result.exit()).isZero();
        assertThat(result.lines())
                .contains("java:-Dweir.home=" + project.toRealPath(), "java:-jar", "java:run", "java:a folder")
                .anyMatch(line -> line.startsWith("java:" + copies))
                .noneMatch(line -> line.startsWith("mvn:"));
    }

    @Test
    void itBuildsWhatIsMissing() throws Exception {
        assertThat(weir("version").lines()).anyMatch(line -> line.startsWith("weir: building"))
                .contains("java:version");
    }

    @Test
    void itBuildsAgainWhereASourceIsNewer() throws Exception {
        jar(Instant.now().minusSeconds(600));
        Files.writeString(project.resolve("gateway/src/main/New.java"), "");

        assertThat(weir("version").lines()).anyMatch(line -> line.startsWith("weir: building"));
        assertThat(weir("version").lines()).noneMatch(line -> line.startsWith("weir: building"));
    }

    /// The stand-in for java reads its jar only when it is told to go on, as a JVM loads classes late.
    @Test
    void aBuildLeavesTheJarOfARunningWeirAlone() throws Exception {
        script("jdk/bin/java", """
                #!/bin/sh
                while [ "$1" != -jar ]; do shift; done
                echo "runs $2"
                [ "$3" != run ] || read -r told
                cat "$2"
                """);
        jar(Instant.now().plusSeconds(60), "the first build\n");
        Process first = process(List.of(), "run").start();
        try (var lines = first.inputReader(); var told = first.outputWriter()) {
            String copy = lines.readLine();
            Files.writeString(project.resolve("gateway/src/main/New.java"), "");
            script("bin/mvn", "#!/bin/sh\necho the second build >gateway/target/gateway-1-all.jar\n");
            jar(Instant.now().minusSeconds(600), "the first build\n");

            assertThat(weir("version").lines()).contains("the second build");
            told.write("go on\n");
            told.flush();
            assertThat(lines.readLine()).isEqualTo("the first build");
            assertThat(first.waitFor()).isZero();

            Files.writeString(project.resolve("gateway/target/gateway-1-all.jar"), "the third build\n");
            assertThat(weir("version").lines()).contains("the third build");
            assertThat(Path.of(copy.substring("runs ".length()))).as("nobody runs it any more").doesNotExist();
        }
    }

    @Test
    void aFailedBuildIsToldAndStartsNothing() throws Exception {
        script("bin/mvn", "#!/bin/sh\necho '[ERROR] broken'\nexit 3\n");

        Result result = weir("run");

        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.lines()).contains("[ERROR] broken")
                .noneMatch(line -> line.startsWith("java:"))
                .anyMatch(line -> line.startsWith("weir: the build failed; all of its output is in "));
    }

    @Test
    void testIsMavensVerify() throws Exception {
        Result result = weir("test", "-pl", "storage");

        assertThat(result.lines()).containsSubsequence("mvn:verify", "mvn:-pl", "mvn:storage")
                .noneMatch(line -> line.startsWith("java:"));
    }

    @Test
    void chaosIsMavensVerifyOfTheChaosTestsWithItsNumbers() throws Exception {
        Result result = weir("chaos", "--only", "Kill,Disk", "--kills", "9", "--fault", "eio@3,torn@4");

        assertThat(result.lines())
                .contains("mvn:-Pchaos", "mvn:verify", "mvn:-Dit.test=KillChaosIT,DiskChaosIT",
                        "mvn:-Dweir.chaos.kills=9", "mvn:-Dweir.chaos.fault=eio@3,torn@4")
                .noneMatch(line -> line.startsWith("java:"));
        assertThat(weir("chaos", "--kils", "9").exit()).isEqualTo(1);
        assertThat(weir("chaos", "--kills").lines()).anyMatch(line -> line.contains("--kills needs a value"));
    }

    @Test
    void theJvmsOptionsCanBeReplaced() throws Exception {
        jar(Instant.now().plusSeconds(60));

        assertThat(weir(List.of("WEIR_JAVA_OPTS=-Xmx1g -XX:+UseZGC"), "run").lines())
                .contains("java:-Xmx1g", "java:-XX:+UseZGC", "java:--enable-native-access=ALL-UNNAMED")
                .doesNotContain("java:-XX:+UseParallelGC");
    }

    private void jar(Instant time) throws IOException {
        jar(time, "");
    }

    private void jar(Instant time, String content) throws IOException {
        Path jar = Files.createDirectories(project.resolve("gateway/target")).resolve("gateway-1-all.jar");
        Files.writeString(jar, content);
        Files.setLastModifiedTime(jar, FileTime.from(time));
    }

    private void script(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        makeExecutable(file);
    }

    private static void makeExecutable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Result weir(String... words) throws Exception {
        return weir(List.of(), words);
    }

    private Result weir(List<String> variables, String... words) throws Exception {
        Process process = process(variables, words).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output.lines().map(String::strip).toList());
    }

    private ProcessBuilder process(List<String> variables, String... words) {
        List<String> command = new ArrayList<>(List.of(project.resolve("weir").toString()));
        command.addAll(Arrays.asList(words));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
        builder.environment().put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().remove("WEIR_JAVA_OPTS");
        variables.forEach(one -> builder.environment().put(one.split("=", 2)[0], one.split("=", 2)[1]));
        return builder;
    }
}
