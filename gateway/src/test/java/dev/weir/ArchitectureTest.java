package dev.weir;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Who may import whom: the table of the architecture, as a test. A package that is not in it fails, so that a new one is
/// placed on purpose. The package `dev.weir` itself wires everything and is imported by nothing.
class ArchitectureTest {
    private static final String ROOT = "dev.weir";
    /// What `event` is made of, and so what who handles events may name.
    private static final String EVENT = "event rating tenant usage money";
    private static final String ENGINE = "port money usage tenant dialect meter rating ledger lease admission event"
            + " deferred catalog rollup invoice evidence";
    private static final String STORAGE = "disk spool postgres stream archive vault";

    private static final Map<String, Set<String>> MAY_IMPORT = table(
            // meter-engine: decides
            "port    -> ",
            "money   -> ",
            "usage   -> ",
            "tenant  -> usage money",
            "catalog -> usage money",
            "dialect -> usage",
            "meter   -> dialect usage",
            "rating  -> usage money",
            "ledger  -> port tenant usage money",
            "lease   -> ledger port tenant",
            "admission -> ledger lease rating dialect tenant usage money",
            "event   -> rating tenant usage money",
            "deferred -> admission " + EVENT,
            "rollup  -> event tenant usage money",
            "invoice -> rollup catalog event rating tenant usage money",
            "evidence -> " + EVENT,
            // storage: remembers
            "disk    -> port",
            "spool   -> port " + EVENT,
            "postgres -> spool port money usage tenant rating ledger lease event catalog rollup invoice evidence",
            "stream  -> spool postgres evidence " + EVENT,
            "archive -> spool postgres evidence " + EVENT,
            "vault   -> spool postgres evidence " + EVENT,
            // gateway: talks
            "config  -> tenant usage money",
            "upstream -> config",
            "route   -> upstream dialect",
            "exchange -> route upstream config port money usage tenant dialect meter rating ledger lease admission event"
                    + " deferred catalog",
            // The control plane serves what telemetry counts.
            "control -> telemetry config " + STORAGE + " " + ENGINE,
            "console -> config " + STORAGE + " " + ENGINE,
            "telemetry -> config " + STORAGE + " " + ENGINE,
            "jobs    -> config " + STORAGE + " " + ENGINE,
            "sandbox -> dialect usage");

    /// What an engine without clock, socket, thread, disk or randomness of its own has no use for.
    private static final Set<String> BANNED_TYPES = Set.of("java.lang.Thread", "java.lang.ThreadLocal",
            "java.lang.ProcessBuilder", "java.util.Random", "java.util.Timer", "java.util.concurrent.ThreadLocalRandom",
            "java.security.SecureRandom", "java.util.concurrent.Executors", "java.util.concurrent.ExecutorService",
            "java.io.File", "java.io.FileInputStream", "java.io.FileOutputStream", "java.io.RandomAccessFile");
    private static final List<String> BANNED_PACKAGES = List.of("java.net", "java.nio.file", "java.nio.channels",
            "java.sql", "org.slf4j", "io.vertx", "io.netty");
    private static final Set<String> BANNED_CALLS = Set.of("java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis", "java.lang.System.getenv", "java.lang.System.getProperty",
            "java.lang.Math.random", "java.time.Instant.now", "java.time.LocalDate.now", "java.time.LocalDateTime.now",
            "java.time.ZonedDateTime.now", "java.time.Clock.systemUTC", "java.util.UUID.randomUUID");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages(ROOT);

    private static Map<String, Set<String>> table(String... rows) {
        Map<String, Set<String>> table = new HashMap<>();
        for (String row : rows) {
            String[] sides = row.split("->", 2);
            table.put(sides[0].strip(), words(sides[1]));
        }
        return table;
    }

    private static Set<String> words(String text) {
        return Arrays.stream(text.split(" ", -1)).filter(Predicate.not(String::isBlank)).collect(Collectors.toSet());
    }

    @Test
    void everyPackageImportsOnlyWhatTheTableAllows() {
        assertThat(messages(dependency -> {
            String from = concept(dependency.getOriginClass());
            String to = concept(dependency.getTargetClass());
            return !from.isEmpty() && !to.isEmpty() && !from.equals(to)
                    && !MAY_IMPORT.getOrDefault(from, Set.of()).contains(to);
        })).as("imports that the table does not allow").isEmpty();
    }

    @Test
    void everyPackageIsInTheTable() {
        Set<String> packages = CLASSES.stream()
                .map(ArchitectureTest::concept)
                .filter(Predicate.not(String::isEmpty))
                .collect(toCollection(TreeSet::new));

        assertThat(packages).isNotEmpty().isSubsetOf(MAY_IMPORT.keySet());
    }

    @Test
    void packagesAreFlat() {
        Set<String> nested = CLASSES.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(ROOT + ".") && name.indexOf('.', ROOT.length() + 1) >= 0)
                .collect(toCollection(TreeSet::new));

        assertThat(nested).as("packages below a concept's package").isEmpty();
    }

    @Test
    void theTableItselfHasNoCycle() {
        Map<String, Set<String>> rest = new HashMap<>(MAY_IMPORT);
        while (rest.keySet()
                .removeIf(name -> rest.getOrDefault(name, Set.of()).stream().noneMatch(rest::containsKey))) {
            assertThat(rest).doesNotContainKey("");
        }
        assertThat(rest).as("rows of the table that lead back to themselves").isEmpty();
    }

    @Test
    void packagesAreFreeOfCycles() {
        SlicesRuleDefinition.slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void nothingImportsTheWiring() {
        assertThat(messages(dependency -> !concept(dependency.getOriginClass()).isEmpty()
                && dependency.getTargetClass().getPackageName().equals(ROOT))).as("imports of dev.weir itself")
                .isEmpty();
    }

    @Test
    void theEngineHasNoClockSocketThreadDiskOrRandomnessOfItsOwn() {
        Stream<String> types = engine()
                .flatMap(one -> one.getDirectDependenciesFromSelf().stream())
                .filter(dependency -> isBanned(dependency.getTargetClass()))
                .map(Dependency::getDescription);
        Stream<String> calls = engine()
                .flatMap(one -> one.getAccessesFromSelf().stream())
                .filter(access -> BANNED_CALLS.contains(called(access)))
                .map(JavaAccess::getDescription);

        assertThat(Stream.concat(types, calls)).as("what belongs behind a port").isEmpty();
    }

    private static boolean isBanned(JavaClass target) {
        String name = target.getPackageName();
        return BANNED_TYPES.contains(target.getName())
                || BANNED_PACKAGES.stream().anyMatch(banned -> name.equals(banned) || name.startsWith(banned + "."));
    }

    private static String called(JavaAccess<?> access) {
        return access.getTargetOwner().getName() + "." + access.getTarget().getName();
    }

    /// All of meter-engine but the ports, which may show how a real one is made.
    private static Stream<JavaClass> engine() {
        Set<String> packages = words(ENGINE);
        packages.remove("port");
        return CLASSES.stream().filter(one -> packages.contains(concept(one)));
    }

    private static Set<String> messages(Predicate<Dependency> wrong) {
        return CLASSES.stream()
                .flatMap(one -> one.getDirectDependenciesFromSelf().stream())
                .filter(dependency -> dependency.getTargetClass().getPackageName().startsWith(ROOT))
                .filter(wrong)
                .map(Dependency::getDescription)
                .collect(toCollection(TreeSet::new));
    }

    /// `spool` for everything in `dev.weir.spool`; empty for `dev.weir` itself and for what is not ours.
    private static String concept(JavaClass type) {
        String name = type.getPackageName();
        if (!name.startsWith(ROOT + ".")) {
            return "";
        }
        String rest = name.substring(ROOT.length() + 1);
        int dot = rest.indexOf('.');
        return dot < 0 ? rest : rest.substring(0, dot);
    }
}
