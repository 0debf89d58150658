package dev.weir.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// The text of a configuration file and where it came from.
///
/// @param name as messages name it
/// @param text YAML
/// @param home where relative paths in it start, absolute: the folder of the launcher
public record ConfigSource(String name, String text, Path home) {
    private static final String BUILT_IN = "/dev/weir/config/weir.yaml";

    /// @throws IOException if it cannot be read as UTF-8
    public static ConfigSource file(Path file, Path home) throws IOException {
        return new ConfigSource(file.toString(), Files.readString(file, StandardCharsets.UTF_8),
                home.toAbsolutePath());
    }

    /// The reference file as it was packed with this build.
    public static ConfigSource builtIn(Path home) {
        try (InputStream stream = ConfigSource.class.getResourceAsStream(BUILT_IN)) {
            if (stream == null) {
                throw new IllegalStateException("the build left " + BUILT_IN + " out of the jar");
            }
            return new ConfigSource("built-in weir.yaml", new String(stream.readAllBytes(), StandardCharsets.UTF_8),
                    home.toAbsolutePath());
        } catch (IOException e) {
            throw new IllegalStateException("the jar's own " + BUILT_IN + " cannot be read", e);
        }
    }
}
