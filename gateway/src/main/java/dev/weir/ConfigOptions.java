package dev.weir;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ConfigSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/// The options that say which configuration holds, shared by the commands that need one.
final class ConfigOptions {
    @Spec(Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE", description = "Configuration. Default: config/weir.yaml.")
    private @Nullable Path config;

    @Option(names = "--data", paramLabel = "DIR", description = "Folder of everything kept. Default: var/.")
    private @Nullable Path data;

    @Option(names = "--listen", paramLabel = "HOST:PORT", description = "Data plane. Default: 0.0.0.0:8080.")
    private @Nullable String listen;

    @Option(names = "--control", paramLabel = "HOST:PORT", description = "Control plane. Default: 127.0.0.1:8085.")
    private @Nullable String control;

    /// The configuration, with its warnings printed; empty when it was refused and the problems were printed.
    Optional<ConfigResult.Loaded> load() {
        PrintWriter err = spec.commandLine().getErr();
        ConfigSource source = source();
        switch (ConfigReader.read(source, System.getenv(), options())) {
            case ConfigResult.Loaded loaded -> {
                loaded.warnings().forEach(warning -> err.println("weir: warning: " + warning));
                return Optional.of(loaded);
            }
            case ConfigResult.Refused refused -> {
                int count = refused.problems().size();
                err.println("weir: the configuration " + source.name() + " has "
                        + (count == 1 ? "a problem:" : count + " problems:"));
                refused.problems()
                        .forEach(problem -> err.println("  " + problem.where() + "\n      "
                                + problem.text()));
                return Optional.empty();
            }
        }
    }

    private ConfigSource source() {
        Path home = Path.of(System.getProperty("weir.home", ""));
        Path beside = home.resolve("config").resolve("weir.yaml");
        if (config == null && !Files.exists(beside)) {
            return ConfigSource.builtIn(home);
        }
        Path file = config == null ? beside : config;
        try {
            return ConfigSource.file(file, home);
        } catch (IOException e) {
            throw new ParameterException(spec.commandLine(), "The configuration " + file + " cannot be read ("
                    + e.getClass().getSimpleName() + "). Name a UTF-8 file with --config that this user may read.", e);
        }
    }

    /// Paths of the command line start in the working directory, so they are made absolute here.
    private Map<String, String> options() {
        Map<String, String> options = new HashMap<>();
        put(options, "data", data == null ? null : data.toAbsolutePath().normalize().toString());
        put(options, "listen.data", listen);
        put(options, "listen.control", control);
        return options;
    }

    private static void put(Map<String, String> options, String path, @Nullable String value) {
        if (value != null) {
            options.put(path, value);
        }
    }
}
