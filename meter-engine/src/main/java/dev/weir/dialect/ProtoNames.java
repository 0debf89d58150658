package dev.weir.dialect;

/// Field names of ProtoJSON, which parsers take as `lowerCamelCase` and as they stand in the `.proto` file
/// (protobuf.dev, "ProtoJSON format").
final class ProtoNames {
    private ProtoNames() {}

    /// `max_output_tokens` as `maxOutputTokens`; a name without underscores as it is.
    static String camelCase(String name) {
        if (name.indexOf('_') < 0) {
            return name;
        }
        var camel = new StringBuilder(name.length());
        boolean upper = false;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '_') {
                upper = true;
            } else {
                camel.append(upper ? Character.toUpperCase(c) : c);
                upper = false;
            }
        }
        return camel.toString();
    }
}
