package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Looks for the model in the client's first message of a session, where the handshake named none: `setup.model` of Gemini Live,
/// `models/gemini-…` there. One per session, one thread at a time.
public final class SessionSetup {
    private enum Field {
        MODEL
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>().add(Field.MODEL, JsonPaths.Strings.WHOLE,
            "setup.model");
    private static final String PREFIX = "models/";

    private @Nullable ModelId model;
    private final JsonTap<Field> tap = new JsonTap<>(PATHS, new JsonListener<>() {
        @Override
        void string(Field field, byte[] bytes, int from, int to) {
            String name = new String(bytes, from, to - from, StandardCharsets.UTF_8);
            String plain = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
            model = plain.isEmpty() || plain.length() > ModelId.LENGTH_MAX ? null : new ModelId(plain);
        }
    });

    /// Reads the next bytes of the message.
    public void accept(byte[] bytes, int offset, int length) {
        tap.accept(bytes, offset, offset + length);
    }

    /// The model, null where none was named so far.
    public @Nullable ModelId model() {
        return model;
    }
}
