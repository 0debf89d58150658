package dev.weir.dialect;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads the JSON-RPC messages of an MCP client's POST, once and strictly: a tool call that Weir does not see would pass a
/// cap.
///
/// A body with two readings is refused: a doubled field (some servers obey the first, most the last), one in another case
/// (servers written in Go obey that too), two calls with one id. So is a `tools/call` without an id: no answer would say
/// whether it was carried out.
public final class McpReader {
    /// Messages in one batch.
    static final int MESSAGES_MAX = 128;
    /// Characters of an id that is matched with its answer. In any escaping it fits [JsonTap#CAPTURE_MAX].
    static final int ID_LENGTH_MAX = 80;
    private static final String TOOL_CALL = "tools/call";
    private static final String RESOURCE_READ = "resources/read";
    private static final Set<String> KNOWN = Set.of("id", "method", "params");
    private static final Set<String> KNOWN_PARAMS = Set.of("name", "uri");

    private final byte[] body;
    private final JsonCursor json;
    private final List<McpRequest.Call> calls = new ArrayList<>(1);
    private final List<String> ids = new ArrayList<>(1);
    private boolean batch;
    private @Nullable String method;
    private @Nullable String name;
    private @Nullable String uri;
    private @Nullable String id;
    private @Nullable String rawId;
    private boolean hasId;

    private McpReader(byte[] body, int length) {
        this.body = body;
        this.json = new JsonCursor(body, length);
    }

    /// Reads the first `length` bytes of `body`, without side effects.
    public static McpReading read(byte[] body, int length) {
        return new McpReader(body, length).read();
    }

    private McpReading read() {
        try {
            batch = json.peek() == JsonCursor.Kind.ARRAY;
            if (batch) {
                messages();
            } else {
                message();
            }
            json.end();
            return new McpReading.Read(new McpRequest(calls, words(McpWords.SERVER_ERROR), batch ? null : method,
                    batch ? null : subject()));
        } catch (JsonCursor.Malformed e) {
            return new McpReading.Unreadable("The request body is not valid JSON: " + e.getMessage()
                    + ". Send JSON-RPC in UTF-8.", McpWords.UNREAD.as(McpWords.PARSE_ERROR));
        } catch (RequestReader.Ambiguous e) {
            return new McpReading.Unreadable(String.valueOf(e.getMessage()), words(McpWords.INVALID_REQUEST));
        }
    }

    private McpWords words(int code) {
        return new McpWords(ids, batch, code);
    }

    private @Nullable String subject() {
        return RESOURCE_READ.equals(method) ? uri : name;
    }

    private void messages() throws JsonCursor.Malformed, RequestReader.Ambiguous {
        json.beginArray();
        for (int count = 1; json.nextElement(); count++) {
            if (count > MESSAGES_MAX) {
                throw new RequestReader.Ambiguous("The batch has more than " + MESSAGES_MAX
                        + " messages. Send them in several.");
            }
            message();
        }
    }

    private void message() throws JsonCursor.Malformed, RequestReader.Ambiguous {
        if (json.peek() != JsonCursor.Kind.OBJECT) {
            throw new RequestReader.Ambiguous("A JSON-RPC message is an object. Send one, or an array of them.");
        }
        method = null;
        name = null;
        uri = null;
        id = null;
        rawId = null;
        hasId = false;
        json.beginObject();
        var names = new HashSet<String>();
        while (json.nextName()) {
            switch (checked(json.name(), KNOWN, names)) {
                case "id" -> readId();
                case "method" -> method = json.readStringOrNull();
                case "params" -> readParams();
                default -> json.skip();
            }
        }
        if (method != null) {
            request(method);
        }
    }

    private void request(String asked) throws RequestReader.Ambiguous {
        if (rawId != null) {
            ids.add(rawId);
        }
        if (!asked.equals(TOOL_CALL)) {
            return;
        }
        if (!hasId) {
            throw new RequestReader.Ambiguous("A tools/call has no id, so it would get no answer. Give it one.");
        }
        for (McpRequest.Call other : calls) {
            if (id != null && id.equals(other.id())) {
                throw new RequestReader.Ambiguous("Two requests of the batch have the same id. Give each its own.");
            }
        }
        calls.add(new McpRequest.Call(id, name == null ? "" : name));
    }

    private void readParams() throws JsonCursor.Malformed, RequestReader.Ambiguous {
        if (json.peek() != JsonCursor.Kind.OBJECT) {
            json.skip();
            return;
        }
        json.beginObject();
        var names = new HashSet<String>();
        while (json.nextName()) {
            switch (checked(json.name(), KNOWN_PARAMS, names)) {
                case "name" -> name = json.readStringOrNull();
                case "uri" -> uri = json.readStringOrNull();
                default -> json.skip();
            }
        }
    }

    private void readId() throws JsonCursor.Malformed {
        JsonCursor.Kind kind = json.peek();
        int from = json.position();
        hasId = kind != JsonCursor.Kind.NULL;
        if (kind == JsonCursor.Kind.STRING) {
            id = id(json.readString());
        } else {
            long number = json.readLong(Long.MIN_VALUE);
            id = number == Long.MIN_VALUE ? null : id(number);
        }
        rawId = id == null ? null : raw(from, json.position());
    }

    private String raw(int from, int to) {
        return new String(body, from, to - from, StandardCharsets.UTF_8);
    }

    /// The form in which ids are compared; null where one is too long to be.
    static @Nullable String id(String text) {
        return text.length() > ID_LENGTH_MAX ? null : "\"" + text;
    }

    static String id(long number) {
        return Long.toString(number);
    }

    private static String checked(String name, Set<String> known, Set<String> seen) throws RequestReader.Ambiguous {
        String plain = name.toLowerCase(Locale.ROOT);
        if (known.contains(plain)) {
            if (!plain.equals(name)) {
                throw new RequestReader.Ambiguous("A field of a message reads like \"" + plain
                        + "\" but for its case. Write it \"" + plain + "\".");
            }
            if (!seen.add(name)) {
                throw new RequestReader.Ambiguous(
                        "The field \"" + name + "\" stands twice in a message. Send it once.");
            }
        }
        return name;
    }
}
