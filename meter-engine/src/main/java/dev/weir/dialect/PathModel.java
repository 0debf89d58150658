package dev.weir.dialect;

import dev.weir.usage.ModelId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The model that a path names: `/models/{model}:verb` (Google; `/tunedModels/` and `/endpoints/` name the customer's own),
/// `/deployments/{name}/` (Azure; a name of the customer's own).
final class PathModel {
    private static final List<String> GOOGLE_MARKS = List.of("/models/", "/tunedModels/", "/endpoints/");

    private PathModel() {}

    static @Nullable ModelId of(String path) {
        String plain = path.replace("%3A", ":");
        for (String mark : GOOGLE_MARKS) {
            ModelId model = after(plain, mark, ':');
            if (model != null) {
                return model;
            }
        }
        return after(plain, "/deployments/", '/');
    }

    private static @Nullable ModelId after(String path, String mark, char end) {
        int at = path.lastIndexOf(mark);
        int from = at + mark.length();
        int to = at < 0 ? -1 : path.indexOf(end, from);
        return to <= from || to - from > ModelId.LENGTH_MAX ? null : new ModelId(path.substring(from, to));
    }
}
