package dev.weir.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A YAML document as texts with line numbers: types are the reader's business, and a message can name the line.
///
/// `${…}` may stand unquoted anywhere, also inside `{…}`, where YAML itself would take its braces for a map's.
final class YamlTree {
    /// A piece of the document and the line it starts on, from 1.
    sealed interface Node {
        int line();
    }

    /// @param text null where nothing stands after the colon
    record Scalar(@Nullable String text, int line) implements Node {}

    record Items(List<Node> items, int line) implements Node {}

    /// @param keyLines where each key stands
    record Fields(Map<String, Node> fields, Map<String, Integer> keyLines, int line) implements Node {
        static Fields none() {
            return new Fields(Map.of(), Map.of(), 0);
        }
    }

    /// The text is no YAML document of the kind we read.
    static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;
        final int line;

        Unreadable(int line, String message, @Nullable Exception cause) {
            super(message, cause);
            this.line = line;
        }
    }

    private static final int DEPTH_MAX = 16;
    private static final char OPEN = '\uE000';
    private static final char CLOSE = '\uE001';
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{([^}\"'\\r\\n]*)}");
    private static final YAMLFactory FACTORY = YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private YamlTree() {}

    /// @return the document's top map; an empty document is an empty map
    static Fields read(String text) throws Unreadable {
        String prepared = REFERENCE.matcher(text).replaceAll(OPEN + "$1" + CLOSE);
        try (JsonParser parser = FACTORY.createParser(prepared)) {
            JsonToken first = parser.nextToken();
            if (first == null || first == JsonToken.VALUE_NULL) {
                return Fields.none();
            }
            if (!(node(parser, 0) instanceof Fields fields)) {
                throw new Unreadable(1, "The file is not a map of keys. Start from config/weir.yaml.", null);
            }
            if (parser.nextToken() != null) {
                throw new Unreadable(line(parser), "A second document starts here. Keep all keys in one document.",
                        null);
            }
            return fields;
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            throw new Unreadable(line, firstLine(e.getOriginalMessage()), e);
        } catch (IOException e) {
            throw new Unreadable(1, firstLine(String.valueOf(e.getMessage())), e);
        }
    }

    private static Node node(JsonParser parser, int depth) throws IOException, Unreadable {
        int line = line(parser);
        if (depth > DEPTH_MAX) {
            throw new Unreadable(line, "The keys are nested more than " + DEPTH_MAX + " deep.", null);
        }
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT) {
            return fields(parser, depth, line);
        }
        if (token == JsonToken.START_ARRAY) {
            List<Node> items = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                items.add(node(parser, depth + 1));
            }
            return new Items(items, line);
        }
        return new Scalar(token == JsonToken.VALUE_NULL ? null : restored(parser.getText()), line);
    }

    private static Fields fields(JsonParser parser, int depth, int line) throws IOException, Unreadable {
        Map<String, Node> fields = new LinkedHashMap<>();
        Map<String, Integer> lines = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = restored(parser.currentName());
            lines.put(key, line(parser));
            parser.nextToken();
            fields.put(key, node(parser, depth + 1));
        }
        return new Fields(fields, lines, line);
    }

    private static String restored(String text) {
        return text.replace(String.valueOf(OPEN), "${").replace(CLOSE, '}');
    }

    private static int line(JsonParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }

    private static String firstLine(String message) {
        return restored(message.lines().findFirst().orElse("")) + ".";
    }
}
