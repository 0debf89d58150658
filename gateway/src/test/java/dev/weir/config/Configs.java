package dev.weir.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Reads small configurations for tests.
final class Configs {
    static final Path HOME = Path.of("/weir");

    private Configs() {}

    static ConfigResult read(String yaml, Map<String, String> environment) {
        return ConfigReader.read(new ConfigSource("weir.yaml", yaml, HOME), environment, Map.of());
    }

    static ConfigResult.Loaded loaded(String yaml, Map<String, String> environment) {
        ConfigResult result = read(yaml, environment);
        if (result instanceof ConfigResult.Loaded loaded) {
            return loaded;
        }
        throw new AssertionError(result.toString());
    }

    static GatewayConfig config(String yaml) {
        return loaded(yaml, Map.of()).config();
    }

    static RouteConfig route(GatewayConfig config, String name) {
        return Objects.requireNonNull(config.routes().get(name), name);
    }

    static List<String> problems(String yaml, Map<String, String> environment) {
        return read(yaml, environment) instanceof ConfigResult.Refused(List<Problem> problems)
                ? problems.stream().map(Problem::toString).toList()
                : List.of();
    }

    static List<String> problems(String yaml) {
        return problems(yaml, Map.of());
    }

    static String everyKey() throws IOException {
        try (var stream = Objects.requireNonNull(Configs.class.getResourceAsStream("every-key.yaml"))) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /// All key paths that a document's reading asks for.
    static List<Reading.Shown> keys(String yaml) throws YamlTree.Unreadable {
        Reading reading = new Reading(new ConfigSource("weir.yaml", yaml, HOME), Map.of(), Map.of());
        GatewayKeys.read(new Section(reading, "", YamlTree.read(yaml)));
        return reading.paths()
                .stream()
                .map(path -> reading.shown.stream()
                        .filter(shown -> shown.path().equals(path))
                        .findFirst()
                        .orElse(new Reading.Shown(path, "", "absent")))
                .toList();
    }
}
