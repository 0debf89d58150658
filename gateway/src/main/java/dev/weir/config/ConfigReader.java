package dev.weir.config;

import java.util.Map;

/// Reads a configuration: file, environment and command line become one [GatewayConfig], or all that is wrong with them.
public final class ConfigReader {
    /// The keys that the command line can set, with the options' names.
    public static final Map<String, String> OPTIONS = Map.of("data", "--data", "listen.data", "--listen",
            "listen.control", "--control");

    private ConfigReader() {}

    /// @param source the file
    /// @param environment all variables: those that start with `WEIR_` set keys, the others serve `${…}`
    /// @param options values from the command line by key path, a subset of [#OPTIONS]
    public static ConfigResult read(ConfigSource source, Map<String, String> environment,
            Map<String, String> options) {
        Reading reading = new Reading(source, environment, options);
        YamlTree.Fields tree;
        try {
            tree = YamlTree.read(source.text());
        } catch (YamlTree.Unreadable e) {
            reading.problem(source.name() + ":" + e.line, "This is not readable YAML: " + e.getMessage());
            return new ConfigResult.Refused(reading.problems);
        }
        GatewayConfig config = GatewayKeys.read(new Section(reading, "", tree));
        reading.refuseUnknownVariables();
        if (reading.problems.isEmpty()) {
            CrossChecks.run(reading, config);
        }
        return reading.problems.isEmpty()
                ? new ConfigResult.Loaded(config, reading.warnings, EffectiveText.of(reading.shown))
                : new ConfigResult.Refused(reading.problems);
    }
}
