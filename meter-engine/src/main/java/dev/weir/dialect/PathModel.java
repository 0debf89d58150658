package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The model that a path names: `/models/{model}:verb` (Google; `/tunedModels/` and `/endpoints/` name the customer's own),
/// `/deployments/{name}/` (Azure; a name of the customer's own).
final class PathModel {
    private static final List<String> GOOGLE_MARKS = List.of("/models/", "/tunedModels/", "/endpoints/");

    private PathModel() {}

    static @Nullable ModelId of(String path) {
        String plain = decoded(path);
        for (String mark : GOOGLE_MARKS) {
            ModelId model = after(plain, mark, ':');
            if (model != null) {
                return model;
            }
        }
        return after(plain, "/deployments/", '/');
    }

    /// The model that is all of the path behind a mark.
    static @Nullable ModelId behind(String mark, String path) {
        int at = path.lastIndexOf(mark);
        String name = at < 0 ? "" : decoded(path.substring(at + mark.length()));
        return name.isEmpty() || name.length() > ModelId.LENGTH_MAX ? null : new ModelId(name);
    }

    private static @Nullable ModelId after(String path, String mark, char end) {
        int at = path.lastIndexOf(mark);
        int from = at + mark.length();
        int to = at < 0 ? -1 : path.indexOf(end, from);
        return to <= from || to - from > ModelId.LENGTH_MAX ? null : new ModelId(path.substring(from, to));
    }

    /// A triplet that is none stays as it is; the path was checked when the head was.
    static String decoded(String id) {
        if (id.indexOf('%') < 0) {
            return id;
        }
        byte[] raw = id.getBytes(StandardCharsets.UTF_8);
        int length = 0;
        for (int i = 0; i < raw.length; i++) {
            boolean triplet = raw[i] == '%' && i + 2 < raw.length && HexFormat.isHexDigit(raw[i + 1])
                    && HexFormat.isHexDigit(raw[i + 2]);
            raw[length++] = triplet
                    ? (byte) (HexFormat.fromHexDigit(raw[i + 1]) << 4 | HexFormat.fromHexDigit(raw[i + 2]))
                    : raw[i];
            i += triplet ? 2 : 0;
        }
        return new String(raw, 0, length, StandardCharsets.UTF_8);
    }
}
