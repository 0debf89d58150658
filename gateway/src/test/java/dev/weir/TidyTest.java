package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/// What no compiler says: each message names file, line and fix.
class TidyTest {
    /// The formatter breaks code at 120; comments and names may run a little further.
    private static final int LINE_MAX = 130;
    private static final int FILE_LINES_MAX = 500;
    /// In two halves, so that this file is tidy too.
    private static final Pattern UNFINISHED = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");
    private static final String SLEEP = "Thread." + "sleep(";
    /// A ledger, or a whole Weir with one, in a test that nothing watches.
    private static final Pattern UNWATCHED = Pattern
            .compile("\\bnew Ledger\\(|\\bLedger::new\\b|\\bGateway\\.start\\(|\"dev\\.weir\\.Main\"");
    /// Where those are made that are watched, and where a Weir takes no calls.
    private static final Set<String> WATCHING = Set.of("Ledgers.java", "WeirProcess.java", "Chaos.java",
            "KillChaosIT.java", "OutsidePostgresIT.java", "StopWhileStartingTest.java", "FullDiskChaosIT.java",
            "KafkaPipelineIT.java", "RunLimitsIT.java");
    private static final Pattern PUBLIC_TYPE = Pattern
            .compile("public ((final|abstract|sealed|non-sealed|static) )*(class|interface|record|enum|@interface) .*");
    private static final Pattern TEXT = Pattern.compile(".*\\.(java|xml|ya?ml|sql|md|properties|sh)");
    private static final Set<String> SKIPPED_FOLDERS = Set.of("target", "var", "node_modules");
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern TYPE = Pattern.compile("(?:[a-z]+\\.)*([A-Z][a-z0-9]+[A-Za-z0-9]*)(?:\\.[a-z]\\w*)?");
    private static final Pattern PATH = Pattern
            .compile("(?:\\./)?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+/?|[A-Za-z0-9_-]+\\.(md|xml|yaml)");
    /// Capitalised words that are no type of ours.
    private static final Set<String> FOREIGN = Set.of("HttpServer", "HttpClient", "RateLimit", "Authorization", "Host",
            "Bearer", "Retry", "Java", "Linux");

    private static final Path PROJECT = project();

    private static Path project() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("weir"))) {
            folder = java.util.Objects.requireNonNull(folder.getParent(), "the tests run inside the project");
        }
        return folder;
    }

    @Test
    void everyFileIsTidy() throws IOException {
        List<String> faults = new ArrayList<>();
        for (Path file : files()) {
            faults.addAll(faults(PROJECT.relativize(file).toString(), Files.readAllLines(file)));
        }
        assertThat(faults).isEmpty();
    }

    @Test
    void everyPackageSaysWhatItIsAndIsNullMarked() throws IOException {
        List<String> faults = new ArrayList<>();
        Set<Path> packages = files().stream()
                .filter(file -> file.toString().endsWith(".java") && file.toString().contains("/src/main/java/"))
                .map(Path::getParent)
                .collect(Collectors.toCollection(TreeSet::new));
        for (Path folder : packages) {
            Path info = folder.resolve("package-info.java");
            String text = Files.exists(info) ? Files.readString(info) : "";
            if (!text.contains("@NullMarked")) {
                faults.add(PROJECT.relativize(info) + ":1: no @NullMarked. Add the file, or the annotation to it.");
            } else if (!text.contains("- **is** ") || !text.contains("- **may import** ")
                    && !text.contains("- **promises** ")) {
                faults.add(PROJECT.relativize(info) + ":1: says not what the package is. Write the list of its"
                        + " neighbours: is, is not, owns, promises, may import.");
            }
        }
        assertThat(faults).isEmpty();
    }

    @Test
    void theMapOfTheArchitectureNamesOnlyWhatExists() throws IOException {
        Path map = PROJECT.resolve("ARCHITECTURE.md");
        Assumptions.assumeTrue(Files.exists(map), "SKIPPED: there is no ARCHITECTURE.md yet");
        Set<String> types = files().stream()
                .map(file -> file.getFileName().toString())
                .filter(name -> name.endsWith(".java"))
                .map(name -> name.substring(0, name.length() - ".java".length()))
                .collect(Collectors.toSet());

        assertThat(unknownNames("ARCHITECTURE.md", Files.readAllLines(map), types)).isEmpty();
    }

    @Test
    void eachFaultIsNamedWithFileLineAndFix() {
        assertThat(faults("A.java",
                List.of("package a;", "", "public final class A {", "\tint a;", "    // TO" + "DO b", "}")))
                .containsExactly(
                        "A.java:3: a public type without Javadoc. Say in /// what it is.",
                        "A.java:4: a tab. Use spaces.",
                        "A.java:5: unfinished work. Finish it, or open an issue with a failing test.");
        assertThat(
                faults("B.java", List.of("x".repeat(131), "/// B.", "@A(", "b)", "public record B() {}", SLEEP, "c ")))
                .containsExactly(
                        "B.java:1: 131 characters. Break the line at 130.",
                        "B.java:6: a sleep. Wait for the event itself, or take the Clock port.",
                        "B.java:7: white space at the end. Remove it.");
        assertThat(faults("m/src/test/java/C.java", List.of("", "var ledger = new Ledger" + "(lending);")))
                .containsExactly(
                        "m/src/test/java/C.java:2: a ledger that nobody watches. Make it with Ledgers, or Weir with"
                                + " WeirProcess, so that a leaked reservation fails the test.");
    }

    @Test
    void aNameThatDoesNotExistIsFoundInTheMap() {
        List<String> lines = List.of("`Main` and `money.Money.plus` and `POST`",
                "`Vanished` in `no/such/File.java`, `pom.xml`");

        assertThat(unknownNames("MAP.md", lines, Set.of("Main", "Money"))).containsExactly(
                "MAP.md:2: no type Vanished. Correct the name, or take it out of the backquotes.",
                "MAP.md:2: no path no/such/File.java. Correct it.");
    }

    private static List<Path> files() {
        try (Stream<Path> all = Files.walk(PROJECT)) {
            return all.filter(TidyTest::isOurs)
                    .filter(file -> TEXT.matcher(file.getFileName().toString()).matches() && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOurs(Path file) {
        for (Path part : PROJECT.relativize(file)) {
            String name = part.toString();
            if (SKIPPED_FOLDERS.contains(name) || (name.startsWith(".") && name.length() > 1 && !name.equals(".ci"))) {
                return false;
            }
        }
        return true;
    }

    private static List<String> faults(String file, List<String> lines) {
        List<String> faults = new ArrayList<>();
        boolean java = file.endsWith(".java");
        boolean isToBeWatched = java && file.contains("/src/test/")
                && !WATCHING.contains(file.substring(file.lastIndexOf('/') + 1));
        boolean inText = false;
        for (int i = 0; i < lines.size(); i++) {
            String at = file + ":" + (i + 1) + ": ";
            String line = lines.get(i);
            if (line.indexOf('\t') >= 0) {
                faults.add(at + "a tab. Use spaces.");
            }
            if (!file.endsWith(".md") && !line.equals(line.stripTrailing())) {
                faults.add(at + "white space at the end. Remove it.");
            }
            // A table in a text block reads best with one row to a line, however wide.
            boolean fence = line.contains("\"\"\"");
            inText ^= fence && line.indexOf("\"\"\"") == line.lastIndexOf("\"\"\"");
            if (java && line.length() > LINE_MAX && !inText && !fence) {
                faults.add(at + line.length() + " characters. Break the line at " + LINE_MAX + ".");
            }
            if (java && UNFINISHED.matcher(line).find()) {
                faults.add(at + "unfinished work. Finish it, or open an issue with a failing test.");
            }
            if (java && line.contains(SLEEP)) {
                faults.add(at + "a sleep. Wait for the event itself, or take the Clock port.");
            }
            if (isToBeWatched && UNWATCHED.matcher(line).find()) {
                faults.add(
                        at + "a ledger that nobody watches. Make it with Ledgers, or Weir with WeirProcess, so that a"
                                + " leaked reservation fails the test.");
            }
            if (java && PUBLIC_TYPE.matcher(line).matches() && !isDocumented(lines, i)) {
                faults.add(at + "a public type without Javadoc. Say in /// what it is.");
            }
        }
        if (java && lines.size() > FILE_LINES_MAX) {
            faults.add(file + ":" + FILE_LINES_MAX + ": " + lines.size() + " lines. Find the second concept in it and"
                    + " give that its own file.");
        }
        return faults;
    }

    /// Looks up over annotations to the comment.
    private static boolean isDocumented(List<String> lines, int declaration) {
        for (int i = declaration - 1; i >= 0 && !lines.get(i).isBlank(); i--) {
            if (lines.get(i).startsWith("///")) {
                return true;
            }
        }
        return false;
    }

    private static List<String> unknownNames(String file, List<String> lines, Set<String> types) {
        List<String> unknown = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher code = CODE.matcher(lines.get(i));
            while (code.find()) {
                String fault = unknownName(code.group(1), types);
                if (!fault.isEmpty()) {
                    unknown.add(file + ":" + (i + 1) + ": " + fault);
                }
            }
        }
        return unknown;
    }

    private static String unknownName(String name, Set<String> types) {
        Matcher type = TYPE.matcher(name);
        if (type.matches() && !types.contains(type.group(1)) && !FOREIGN.contains(type.group(1))) {
            return "no type " + type.group(1) + ". Correct the name, or take it out of the backquotes.";
        }
        if (PATH.matcher(name).matches() && !Files.exists(PROJECT.resolve(name))) {
            return "no path " + name + ". Correct it.";
        }
        return "";
    }
}
