package dev.weir.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Nobody adds a dialect, or a task to one, that is not fuzzed and bounded: [EveryDialect] has them all.
class EveryDialectTest {
    private static final List<Dialect> ROWS = Arrays.stream(EveryDialect.values()).map(EveryDialect::dialect).toList();

    @Test
    void eachDialectHasARow() {
        Set<Class<?>> there = ROWS.stream().map(Dialect::getClass).collect(Collectors.toSet());
        assertThat(there).containsExactlyInAnyOrder(Dialect.class.getPermittedSubclasses());
    }

    @Test
    void eachTaskFamilyAndSwitchOfADialectHasARow() throws ReflectiveOperationException {
        List<String> missing = new ArrayList<>();
        for (Class<?> dialect : Dialect.class.getPermittedSubclasses()) {
            for (RecordComponent component : dialect.getRecordComponents()) {
                Set<String> wanted = values(component.getType());
                for (Dialect row : ROWS) {
                    if (row.getClass() == dialect) {
                        component.getAccessor().setAccessible(true);
                        wanted.remove(String.valueOf(component.getAccessor().invoke(row)));
                    }
                }
                wanted.forEach(value -> missing.add(dialect.getSimpleName() + " of " + component.getName() + " "
                        + value));
            }
        }
        assertThat(missing).isEmpty();
    }

    private static Set<String> values(Class<?> type) {
        if (type == boolean.class) {
            return new TreeSet<>(Set.of("true", "false"));
        }
        // How a refusal is put is nothing that an answer could spoil.
        return type.isEnum() && type != RefusalWords.class
                ? Arrays.stream(type.getEnumConstants())
                        .map(String::valueOf)
                        .collect(Collectors.toCollection(TreeSet::new))
                : new TreeSet<>();
    }

    /// A sample that its dialect cannot read would be fuzz in vain.
    @ParameterizedTest
    @EnumSource
    void theSamplesAreReadAsWhatTheyAre(EveryDialect dialect) {
        assertThat(dialect.requests()).isNotEmpty()
                .allSatisfy(body -> assertThat(dialect.read(body))
                        .isInstanceOf(RequestReading.Facts.class));
        boolean told = false;
        for (byte[] answer : dialect.answers()) {
            AnswerScanner scanner = dialect.scanner(OutputListener.NONE);
            scanner.accept(answer, 0, answer.length);
            scanner.end();
            told |= scanner.facts().usage() != AnswerFacts.Usage.NONE;
        }
        if (dialect.dialect().id().endsWith(".batches")) {
            // Some tell when they are asked again, some in their files: BatchesTest.
            return;
        }
        boolean tells = !Set.of("passthrough", "anthropic.complete").contains(dialect.dialect().id())
                && dialect != EveryDialect.MODERATIONS && dialect != EveryDialect.INVOKE_JURASSIC;
        assertThat(told).as(dialect.answers().size() + " answers").isEqualTo(tells);
    }
}
