package dev.weir.dialect;

import dev.weir.usage.ModelId;
import org.jspecify.annotations.Nullable;

/// The model that a path names: `/models/{model}:verb` (Google), `/deployments/{name}/` (Azure; a name of the customer's own).
final class PathModel {
    private PathModel() {}

    static @Nullable ModelId of(String path) {
        ModelId model = after(path, "/models/", ':');
        return model != null ? model : after(path, "/deployments/", '/');
    }

    private static @Nullable ModelId after(String path, String mark, char end) {
        int at = path.lastIndexOf(mark);
        int from = at + mark.length();
        int to = at < 0 ? -1 : path.indexOf(end, from);
        return to <= from || to - from > ModelId.LENGTH_MAX ? null : new ModelId(path.substring(from, to));
    }
}
