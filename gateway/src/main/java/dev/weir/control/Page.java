package dev.weir.control;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/// Pages of a list: a page holds at most `limit` items and, where more follow, the cursor of the next.
///
/// A cursor is the position of the last item, opaque to clients. It grants nothing: every page is asked for with the same
/// rights as the first.
final class Page {
    private static final Pattern ID_FORM = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    private Page() {}

    /// @param found up to `limit + 1` items: one more than the page holds tells that there is a next one
    /// @param position the parts of an item's cursor
    static <T> JsonObject of(List<T> found, int limit, Function<T, JsonObject> item,
            Function<T, List<String>> position) {
        var shown = found.subList(0, Math.min(limit, found.size()));
        var items = new JsonArray();
        shown.forEach(each -> items.add(item.apply(each)));
        var page = new JsonObject().put("items", items);
        return found.size() > limit ? page.put("next", encode(position.apply(shown.getLast()))) : page;
    }

    private static String encode(List<String> parts) {
        var json = new JsonArray(parts).encode();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    /// @return empty where the text is not a cursor of so many parts
    static Optional<List<String>> decode(String cursor, int parts) {
        try {
            var json = new JsonArray(new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8));
            var list = json.stream().filter(String.class::isInstance).map(String.class::cast).toList();
            return list.size() == parts && json.size() == parts ? Optional.of(list) : Optional.empty();
        } catch (IllegalArgumentException | DecodeException e) {
            return Optional.empty();
        }
    }

    /// @return empty where the text is not the cursor of a list that is in the order of its ids
    static Optional<String> decodeId(String cursor) {
        return decode(cursor, 1).map(List::getFirst).filter(id -> ID_FORM.matcher(id).matches());
    }

    static Problem badCursor() {
        return Problem.invalid("cursor", "is no cursor of this list",
                "Pass the `next` of the page before unchanged, or leave it away for the first page.");
    }
}
