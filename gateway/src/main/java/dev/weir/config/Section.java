package dev.weir.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One map of keys while it is read: each method asks for one key, notes it as known, and gives its typed value.
///
/// A value that cannot be read becomes a [Problem] and the default stands in, so that reading goes on and finds the other
/// problems too; the result is refused at the end.
final class Section {
    final Reading reading;
    private final String path;
    private final YamlTree.Fields fields;
    private final Set<String> known = new LinkedHashSet<>();

    Section(Reading reading, String path, YamlTree.Fields fields) {
        this.reading = reading;
        this.path = path;
        this.fields = fields;
    }

    String path(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    Section section(String key) {
        known.add(key);
        YamlTree.Node node = fields.fields().get(key);
        return new Section(reading, path(key), asFields(node, path(key)));
    }

    private YamlTree.Fields asFields(YamlTree.@Nullable Node node, String nodePath) {
        if (node instanceof YamlTree.Fields inner) {
            return inner;
        }
        boolean empty = node == null
                || (node instanceof YamlTree.Scalar(@Nullable String text, int _) && (text == null || text.isEmpty()));
        if (!empty) {
            reading.problem(reading.where(nodePath, node == null ? 0 : node.line()),
                    "A map of keys belongs here, not a single value or a list.");
        }
        return YamlTree.Fields.none();
    }

    /// A map whose keys are names of the operator's choice.
    <T> Map<String, T> named(String key, BiFunction<String, Section, Optional<T>> read) {
        known.add(key);
        Map<String, T> named = new LinkedHashMap<>();
        YamlTree.Fields all = asFields(fields.fields().get(key), path(key));
        all.fields().forEach((name, node) -> {
            String at = path(key) + "." + name;
            read.apply(name, new Section(reading, at, asFields(node, at))).ifPresent(one -> named.put(name, one));
        });
        return named;
    }

    <T> T value(String key, T standard, Function<String, T> parse) {
        return value(key, standard, parse, Section::scalar);
    }

    <T> T value(String key, T standard, Function<String, T> parse, Function<T, String> show) {
        Reading.@Nullable Given given = given(key);
        if (given == null) {
            shown(key, show.apply(standard), "default");
            return standard;
        }
        return parsed(key, given, parse, show).orElse(standard);
    }

    private static String scalar(Object value) {
        return EffectiveText.quoted(value.toString());
    }

    <T> Optional<T> optional(String key, Function<String, T> parse) {
        return optional(key, parse, Section::scalar);
    }

    <T> Optional<T> optional(String key, Function<String, T> parse, Function<T, String> show) {
        Reading.@Nullable Given given = given(key);
        return given == null ? Optional.empty() : parsed(key, given, parse, show);
    }

    /// @param standIn what goes on the way of the reading while the key is missing
    <T> T required(String key, T standIn, Function<String, T> parse, String hint) {
        Reading.@Nullable Given given = given(key);
        if (given == null) {
            reading.problem(reading.where(path, fields.line()), "The key `" + key + "` is missing. " + hint);
            return standIn;
        }
        return parsed(key, given, parse, Section::scalar).orElse(standIn);
    }

    private Reading.@Nullable Given given(String key) {
        known.add(key);
        int line = fields.keyLines().getOrDefault(key, fields.line());
        return reading.find(path(key), fields.fields().get(key), line);
    }

    private <T> Optional<T> parsed(String key, Reading.Given given, Function<String, T> parse,
            Function<T, String> show) {
        switch (reading.interpolation.resolve(given.raw())) {
            case Interpolation.Missing(String _, String reason) ->
                reading.problem(given.where(), "The value " + reason);
            case Interpolation.Text(String text, boolean elsewhere) -> {
                if (text.isBlank()) {
                    reading.problem(given.where(), "The key has no value. Write one, or take the key out to get the"
                            + " default.");
                    return Optional.empty();
                }
                try {
                    T value = parse.apply(text.strip());
                    shown(key, elsewhere ? given.raw() : show.apply(value), given.origin());
                    return Optional.of(value);
                } catch (IllegalArgumentException e) {
                    reading.problem(given.where(), "\"" + given.raw() + "\" " + e.getMessage() + ".");
                }
            }
        }
        return Optional.empty();
    }

    private void shown(String key, String value, String origin) {
        reading.shown.add(new Reading.Shown(path(key), value, origin));
    }

    Optional<String> text(String key) {
        return optional(key, Function.identity());
    }

    String text(String key, String standard) {
        return value(key, standard, Function.identity());
    }

    Optional<Path> file(String key) {
        return optional(key, this::parsePath);
    }

    Path file(String key, Path standard) {
        return value(key, reading.home.resolve(standard), this::parsePath);
    }

    /// A relative path starts at Weir's folder.
    private Path parsePath(String text) {
        try {
            return reading.home.resolve(text).normalize();
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("is not a path: " + e.getReason(), e);
        }
    }

    boolean flag(String key, boolean standard) {
        return value(key, standard, text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("is neither true nor false");
        });
    }

    int number(String key, int standard, int least, int most) {
        return value(key, standard, text -> {
            if (!text.matches("-?[0-9]{1,9}")) {
                throw new IllegalArgumentException("is not a whole number from " + least + " to " + most);
            }
            return within(Integer.parseInt(text), least, most, String::valueOf);
        });
    }

    ByteSize size(String key, ByteSize standard, ByteSize least, ByteSize most) {
        return value(key, standard, text -> within(ByteSize.parse(text), least, most, ByteSize::toString));
    }

    Duration duration(String key, Duration standard, Duration least, Duration most) {
        return value(key, standard, text -> within(DurationText.parse(text), least, most, DurationText::show),
                DurationText::show);
    }

    private static <T extends Comparable<? super T>> T within(T value, T least, T most, Function<T, String> show) {
        if (value.compareTo(least) < 0) {
            throw new IllegalArgumentException("is below the least, " + show.apply(least) + ". Nothing here can be"
                    + " switched off; raise it");
        }
        if (value.compareTo(most) > 0) {
            throw new IllegalArgumentException("is above the most, " + show.apply(most) + ". Lower it");
        }
        return value;
    }

    <E extends Enum<E>> E choice(String key, E standard, Class<E> type) {
        return value(key, standard, chooser(type));
    }

    static <E extends Enum<E>> Function<String, E> chooser(Class<E> type) {
        return text -> {
            List<String> names = Arrays.stream(type.getEnumConstants()).map(Object::toString).toList();
            int at = names.indexOf(text);
            if (at < 0) {
                throw new IllegalArgumentException(
                        "is not one of " + String.join(", ", names) + "." + Suggestion.of(text, names)
                                + " Choose one of them");
            }
            return type.getEnumConstants()[at];
        };
    }

    /// A list, in the file as `[a, b]`, in a variable as `a,b`.
    <T> List<T> list(String key, List<T> standard, Function<String, T> parse) {
        return value(key, standard, text -> text.equals("[]")
                ? List.of()
                : Arrays.stream(text.split(",", -1)).map(String::strip).map(parse).toList(), EffectiveText::list);
    }

    /// A secret that has to be there if it is named: neither empty nor missing (G9.4).
    Optional<Secret> secret(String key) {
        return switch (credential(key)) {
            case Credential.None _ -> Optional.empty();
            case Credential.Given(Secret secret) -> Optional.of(secret);
            case Credential.Missing(String _, String reason) -> {
                reading.problem(reading.where(path(key)), "The secret " + reason);
                yield Optional.empty();
            }
        };
    }

    /// A secret whose reference may lead nowhere.
    Credential credential(String key) {
        Reading.@Nullable Given given = given(key);
        if (given == null) {
            return new Credential.None();
        }
        return switch (reading.interpolation.resolve(given.raw())) {
            case Interpolation.Missing(String name, String reason) -> {
                shown(key, given.raw(), given.origin());
                yield new Credential.Missing(name, reason);
            }
            case Interpolation.Text(String text, boolean _) -> secretOf(key, text.strip(), given);
        };
    }

    private Credential secretOf(String key, String text, Reading.Given given) {
        if (text.isEmpty() || text.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
            reading.problem(given.where(), text.isEmpty()
                    ? "The secret is empty, and an empty secret protects nothing. Give it a value, or take the key out."
                    : "The secret contains a line end or another control character. Check how it was pasted.");
            return new Credential.None();
        }
        if (text.equals(Secret.MASK)) {
            reading.problem(given.where(), "This is the mask that Weir shows in place of a secret. Write the secret, or"
                    + " better its reference, as ${NAME} or ${file:PATH}.");
            return new Credential.None();
        }
        shown(key, scalar(Secret.MASK), given.origin());
        return new Credential.Given(Secret.of(text));
    }

    /// Both files, or neither.
    Optional<TlsFiles> tls(String key) {
        Section tls = section(key);
        Optional<Path> cert = tls.file("cert");
        Optional<Path> privateKey = tls.file("key");
        tls.end();
        if (cert.isPresent() != privateKey.isPresent()) {
            String there = cert.isPresent() ? "cert" : "key";
            String missing = cert.isPresent() ? "key" : "cert";
            reading.problem(reading.where(tls.path(there)), "TLS needs both files, and `" + missing
                    + "` is missing. Name it, or take `" + there + "` out to serve plaintext.");
        }
        return cert.flatMap(chain -> privateKey.map(file -> new TlsFiles(chain, file)));
    }

    /// Every key was asked for: the others are mistakes.
    void end() {
        fields.keyLines().forEach((key, line) -> {
            if (!known.contains(key)) {
                reading.problem(reading.where(path(key), line), "There is no such key." + Suggestion.of(key, known)
                        + " The keys here are: " + String.join(", ", known) + ".");
            }
        });
    }
}
