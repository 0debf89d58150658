package dev.weir.config;

import java.util.Locale;
import java.util.regex.Pattern;

/// Names some calls of a connector: a method or `*`, and a path in which `*` stands for one segment's text and `**` for any
/// rest: `POST /api/now/table/*`, `* /graphql`.
///
/// @param method upper case, or `*` for any
/// @param path as written, starting with a slash; compared with what follows the route's name
public record AccessRule(String method, String path, Pattern pattern) {
    private static final Pattern FORM = Pattern.compile("([A-Za-z]{1,16}|\\*) +(/\\S*)");

    /// @throws IllegalArgumentException with a message for the operator
    public static AccessRule parse(String text) {
        var matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("is not a rule. Write METHOD /path, where * stands for any method or for"
                    + " one path segment and ** for any rest, as POST /api/now/table/*");
        }
        return new AccessRule(matcher.group(1).toUpperCase(Locale.ROOT), matcher.group(2), pattern(matcher.group(2)));
    }

    private static Pattern pattern(String path) {
        String[] parts = path.split("((?<=\\*)(?!\\*))|((?<!\\*)(?=\\*))", -1);
        StringBuilder regex = new StringBuilder();
        for (String part : parts) {
            regex.append(part.equals("**") ? ".*" : part.equals("*") ? "[^/]*" : Pattern.quote(part));
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    public boolean matches(String askedMethod, String askedPath) {
        return (method.equals("*") || method.equals(askedMethod)) && pattern.matcher(askedPath).matches();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AccessRule rule && method.equals(rule.method) && path.equals(rule.path);
    }

    @Override
    public int hashCode() {
        return 31 * method.hashCode() + path.hashCode();
    }

    @Override
    public String toString() {
        return method + " " + path;
    }
}
