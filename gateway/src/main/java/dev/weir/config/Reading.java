package dev.weir.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One reading of a configuration: the three places a value can come from, and what was found on the way.
///
/// A command-line option wins over a variable, a variable over the file, the file over the default. Confined to the
/// reading thread.
final class Reading {
    /// A value as it was written.
    ///
    /// @param raw before interpolation
    /// @param where for messages
    /// @param origin for the effective configuration; empty for the file
    record Given(String raw, String where, String origin) {}

    /// A line of the effective configuration.
    record Shown(String path, String value, String origin) {}

    private static final String PREFIX = "WEIR_";
    /// Read by the launcher and the tests, not by us.
    private static final Set<String> NOT_OURS = Set.of("WEIR_JAVA_OPTS", "WEIR_SHARED");

    final Interpolation interpolation;
    final Path home;
    final List<Problem> problems = new ArrayList<>();
    final List<Problem> warnings = new ArrayList<>();
    final List<Shown> shown = new ArrayList<>();
    private final ConfigSource source;
    private final Map<String, String> environment;
    private final Map<String, String> options;
    private final Map<String, String> pathByVariable = new LinkedHashMap<>();
    private final Map<String, String> whereByPath = new HashMap<>();

    Reading(ConfigSource source, Map<String, String> environment, Map<String, String> options) {
        this.source = source;
        this.environment = environment;
        this.options = options;
        this.home = source.home();
        this.interpolation = new Interpolation(environment, home);
    }

    /// What was written for a key, wherever it stands; null where nothing was.
    @Nullable
    Given find(String path, YamlTree.@Nullable Node node, int line) {
        @Nullable
        Given given = written(path, node, line);
        whereByPath.put(path, given == null ? source.name() + " " + path : given.where());
        return given;
    }

    private @Nullable Given written(String path, YamlTree.@Nullable Node node, int line) {
        String variable = variable(path);
        @Nullable
        String other = pathByVariable.putIfAbsent(variable, path);
        @Nullable
        String fromOption = options.get(path);
        if (fromOption != null) {
            String option = ConfigReader.OPTIONS.getOrDefault(path, path);
            return new Given(fromOption, option, option);
        }
        @Nullable
        String fromVariable = environment.get(variable);
        if (fromVariable != null && other != null) {
            problem(variable, "It could mean " + other + " or " + path + ". Set the one you mean in the file and unset"
                    + " the variable.");
        } else if (fromVariable != null) {
            return new Given(fromVariable, variable, variable);
        }
        return node == null ? null : inFile(path, node, line);
    }

    private @Nullable Given inFile(String path, YamlTree.Node node, int line) {
        String where = where(path, line);
        return switch (node) {
            case YamlTree.Scalar(@Nullable String text, int _) -> new Given(text == null ? "" : text, where, "");
            case YamlTree.Items items -> new Given(joined(items, where), where, "");
            case YamlTree.Fields _ -> {
                problem(where, "A value belongs here, not a map of further keys.");
                yield null;
            }
        };
    }

    /// A list in the file reads like its comma-separated spelling in a variable.
    private String joined(YamlTree.Items items, String where) {
        List<String> texts = new ArrayList<>();
        for (YamlTree.Node item : items.items()) {
            if (item instanceof YamlTree.Scalar(@Nullable String text, int _) && text != null) {
                texts.add(text);
            } else {
                problem(where, "Each entry of this list is one value.");
            }
        }
        return texts.isEmpty() ? "[]" : String.join(",", texts);
    }

    String where(String path, int line) {
        return source.name() + ":" + line + " " + path;
    }

    /// Where a key that was asked for stands, for checks that come after.
    String where(String path) {
        return whereByPath.getOrDefault(path, source.name() + " " + path);
    }

    boolean isGiven(String path) {
        String where = where(path);
        return !where.equals(source.name() + " " + path);
    }

    void problem(String where, String text) {
        problems.add(new Problem(where, text));
    }

    void warning(String where, String text) {
        warnings.add(new Problem(where, text));
    }

    /// `listen.data` is `WEIR_LISTEN_DATA`.
    static String variable(String path) {
        return PREFIX + path.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }

    /// Variables that look like ours and set nothing.
    void refuseUnknownVariables() {
        for (String name : new TreeSet<>(environment.keySet())) {
            if (name.startsWith(PREFIX) && !NOT_OURS.contains(name) && !pathByVariable.containsKey(name)) {
                problem(name, "No key has this variable: listen.data is WEIR_LISTEN_DATA, and so on, and a route's keys"
                        + " can be set once the file names the route." + Suggestion.of(name, pathByVariable.keySet())
                        + " Correct or unset it.");
            }
        }
    }

    /// Every key that can be set in what was read, in the order of the effective configuration.
    List<String> paths() {
        return List.copyOf(pathByVariable.values());
    }
}
