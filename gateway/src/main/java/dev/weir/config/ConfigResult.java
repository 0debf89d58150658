package dev.weir.config;

import java.util.List;

/// What reading a configuration came to.
public sealed interface ConfigResult {
    /// @param warnings what works and is probably not meant
    /// @param effective every key with the value that holds and where it came from, secrets masked, as YAML
    record Loaded(GatewayConfig config, List<Problem> warnings, String effective) implements ConfigResult {
        public Loaded {
            warnings = List.copyOf(warnings);
        }
    }

    /// @param problems all of them, one or more
    record Refused(List<Problem> problems) implements ConfigResult {
        public Refused {
            problems = List.copyOf(problems);
        }
    }
}
