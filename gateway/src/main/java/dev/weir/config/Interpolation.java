package dev.weir.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Replaces `${NAME}` by an environment variable and `${file:PATH}` by a file's content without its last line end.
/// `$${` stands for a plain `${`. A relative path starts at Weir's folder.
final class Interpolation {
    /// What a text became.
    sealed interface Resolved {}

    /// @param elsewhere whether any of it came from a variable or a file, so that it is not shown
    record Text(String text, boolean elsewhere) implements Resolved {}

    /// @param name of the variable or file, or the faulty text
    /// @param reason what is missing and what to do, without any content
    record Missing(String name, String reason) implements Resolved {}

    private static final Pattern REFERENCE = Pattern.compile("(\\$?)\\$\\{([^}]*)(}?)");
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final int FILE_BYTES_MAX = 64 * 1024;

    private final Map<String, String> environment;
    private final Path home;

    Interpolation(Map<String, String> environment, Path home) {
        this.environment = environment;
        this.home = home;
    }

    Resolved resolve(String raw) {
        Matcher matcher = REFERENCE.matcher(raw);
        StringBuilder text = new StringBuilder();
        boolean elsewhere = false;
        while (matcher.find()) {
            if (!matcher.group(1).isEmpty()) {
                matcher.appendReplacement(text, Matcher.quoteReplacement(matcher.group().substring(1)));
                continue;
            }
            if (matcher.group(3).isEmpty()) {
                return new Missing(raw, "has a ${ without its }. Close it, or write $${ for a plain ${.");
            }
            Resolved one = reference(matcher.group(2));
            if (!(one instanceof Text(String found, boolean _))) {
                return one;
            }
            elsewhere = true;
            matcher.appendReplacement(text, Matcher.quoteReplacement(found));
        }
        return new Text(matcher.appendTail(text).toString(), elsewhere);
    }

    private Resolved reference(String name) {
        if (name.startsWith("file:")) {
            return file(name.substring("file:".length()));
        }
        if (!NAME.matcher(name).matches()) {
            return new Missing(name,
                    "names ${" + name + "}, which is neither a variable, as ${OPENAI_API_KEY}, nor a file, as"
                            + " ${file:/run/secrets/openai}.");
        }
        @Nullable
        String value = environment.get(name);
        if (value == null || value.isEmpty()) {
            return new Missing(name, "needs the environment variable " + name + ", which is "
                    + (value == null ? "not set" : "empty") + ". Set it and start again.");
        }
        return new Text(value, true);
    }

    private Resolved file(String name) {
        try {
            Path path = home.resolve(name);
            if (Files.size(path) > FILE_BYTES_MAX) {
                return new Missing(name, "needs the file " + name + ", which has " + Files.size(path)
                        + " bytes where a secret has at most " + FILE_BYTES_MAX + ". Name the right file.");
            }
            String text = Files.readString(path, StandardCharsets.UTF_8).replaceFirst("\\r?\\n\\z", "");
            return text.isEmpty()
                    ? new Missing(name, "needs the file " + name + ", which is empty. Write the secret into it.")
                    : new Text(text, true);
        } catch (IOException | InvalidPathException e) {
            return new Missing(name,
                    "needs the file " + name + ", which cannot be read (" + e.getClass().getSimpleName()
                            + "). Make it readable for the user Weir runs as.");
        }
    }
}
