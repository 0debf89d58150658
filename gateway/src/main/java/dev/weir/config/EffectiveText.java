package dev.weir.config;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The effective configuration as YAML, each value that is not from the file with where it came from.
final class EffectiveText {
    private static final String INDENT = "  ";

    /// What YAML would take for something else than text.
    private static final Pattern MISREAD = Pattern.compile("[*&!|>%@`'\"{\\[#,?:-].*|.*(: | #).*|.*:");

    private EffectiveText() {}

    /// In quotes where YAML needs them.
    static String quoted(String text) {
        return MISREAD.matcher(text).matches() ? "'" + text.replace("'", "''") + "'" : text;
    }

    static String list(List<?> items) {
        return items.stream().map(item -> quoted(item.toString())).collect(Collectors.joining(", ", "[", "]"));
    }

    static String of(List<Reading.Shown> lines) {
        StringBuilder text = new StringBuilder();
        String[] open = {};
        for (Reading.Shown line : lines) {
            String[] path = line.path().split("\\.", -1);
            int common = common(open, path);
            for (int i = common; i < path.length - 1; i++) {
                text.append(INDENT.repeat(i)).append(path[i]).append(":\n");
            }
            text.append(INDENT.repeat(path.length - 1))
                    .append(path[path.length - 1])
                    .append(": ")
                    .append(line.value())
                    .append(line.origin().isEmpty() ? "" : "  # " + line.origin())
                    .append('\n');
            open = path;
        }
        return text.toString();
    }

    /// How many parents both share.
    private static int common(String[] before, String[] path) {
        int common = 0;
        while (common < before.length - 1 && common < path.length - 1 && before[common].equals(path[common])) {
            common++;
        }
        return common;
    }
}
