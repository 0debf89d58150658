package dev.weir.exchange;

import dev.weir.event.Attribution;
import io.vertx.core.MultiMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads what a client says a call is for: `X-Weir-Run`, `-Step`, `-Ticket`, `-Cost-Center`, `-User`, `-Tags`.
///
/// A value that is too long is refused rather than cut: a report that groups by half a name is wrong.
final class AttributionHeaders {
    private AttributionHeaders() {}

    /// @throws IllegalArgumentException with a text for the client
    static Attribution read(MultiMap headers) {
        String run = value(headers, "X-Weir-Run");
        String step = value(headers, "X-Weir-Step");
        String ticket = value(headers, "X-Weir-Ticket");
        String costCenter = value(headers, "X-Weir-Cost-Center");
        Map<String, String> tags = tags(headers.get("X-Weir-Tags"));
        if (run == null && step == null && ticket == null && costCenter == null && tags.isEmpty()) {
            return Attribution.NONE;
        }
        return new Attribution(run, step, ticket, costCenter, tags);
    }

    static @Nullable String user(MultiMap headers) {
        return value(headers, "X-Weir-User");
    }

    private static @Nullable String value(MultiMap headers, String name) {
        String value = headers.get(name);
        return value == null || value.isBlank() ? null : checked(name, value.strip());
    }

    private static Map<String, String> tags(@Nullable String list) {
        if (list == null || list.isBlank()) {
            return Map.of();
        }
        var tags = new LinkedHashMap<String, String>();
        for (String pair : list.split(",")) {
            int equals = pair.indexOf('=');
            if (equals < 1 || pair.substring(0, equals).isBlank()) {
                throw new IllegalArgumentException(
                        "X-Weir-Tags holds 'name=value' pairs with commas between them; '" + pair.strip()
                                + "' is none");
            }
            tags.put(checked("X-Weir-Tags", pair.substring(0, equals).strip()),
                    checked("X-Weir-Tags", pair.substring(equals + 1).strip()));
        }
        if (tags.size() > Attribution.TAGS_MAX) {
            throw new IllegalArgumentException("X-Weir-Tags holds " + tags.size() + " tags; " + Attribution.TAGS_MAX
                    + " are the most");
        }
        return tags;
    }

    private static String checked(String name, String value) {
        if (value.length() > Attribution.LENGTH_MAX) {
            throw new IllegalArgumentException(
                    name + " has a value of " + value.length() + " characters; " + Attribution.LENGTH_MAX
                            + " are the most");
        }
        return value;
    }
}
