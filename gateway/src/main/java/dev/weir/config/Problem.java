package dev.weir.config;

/// One mistake in the configuration: what, why and what to do.
///
/// @param where file and line, variable or option, then the key: `config/weir.yaml:12 listen.data`
/// @param text the rest, in full sentences; never holds a secret or the value of a variable
public record Problem(String where, String text) {
    @Override
    public String toString() {
        return where + ": " + text;
    }
}
