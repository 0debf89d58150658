package dev.weir.dialect;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/// Changes to a JSON body, byte range by byte range; what no change names stays as it is.
final class Splices {
    private record Splice(int from, int to, byte[] instead) {}

    private final List<Splice> splices = new ArrayList<>();

    /// The body with its output limited, and nothing else changed.
    ///
    /// @param field as [#limitOutput] takes it
    static byte[] limited(RequestFacts facts, byte[] body, int length, OptionalLong limit, String field) {
        var splices = new Splices();
        // Where nothing is put out, a field of that name means something else.
        if (facts.choices() > 0) {
            splices.limitOutput(facts.layout(), limit, field);
        }
        return splices.apply(body, length);
    }

    void replace(int from, int to, String instead) {
        splices.add(new Splice(from, to, instead.getBytes(StandardCharsets.UTF_8)));
    }

    /// Puts a member first into the object whose inside begins at `inside`.
    void insertMember(int inside, boolean empty, String member) {
        replace(inside, inside, empty ? member : member + ",");
    }

    /// Lowers every output limit above `limit`, and adds `field` where there is none: `max_tokens`, or
    /// `generationConfig.maxOutputTokens` where it belongs into an object, which is added too where it is absent.
    void limitOutput(RequestFacts.Layout layout, OptionalLong limit, String field) {
        if (limit.isEmpty()) {
            return;
        }
        String number = Long.toString(limit.getAsLong());
        for (RequestFacts.NumberAt there : layout.outputLimits()) {
            if (there.value().isEmpty() || there.value().getAsLong() > limit.getAsLong()) {
                replace(there.from(), there.to(), number);
            }
        }
        if (layout.outputLimits().isEmpty()) {
            addLimit(layout, field, number);
        }
    }

    private void addLimit(RequestFacts.Layout layout, String field, String number) {
        int dot = field.indexOf('.');
        String leaf = "\"" + field.substring(dot + 1) + "\":" + number;
        RequestFacts.ObjectAt home = layout.limitHome();
        if (dot < 0) {
            insertMember(layout.inside(), layout.empty(), leaf);
        } else if (home != null && home.isNull()) {
            replace(home.inside(), home.inside() + RequestFacts.ObjectAt.NULL_LENGTH, "{" + leaf + "}");
        } else if (home != null) {
            insertMember(home.inside(), home.empty(), leaf);
        } else {
            insertMember(layout.inside(), layout.empty(), "\"" + field.substring(0, dot) + "\":{" + leaf + "}");
        }
    }

    byte[] apply(byte[] body, int length) {
        int size = length;
        for (Splice splice : splices) {
            size += splice.instead.length - (splice.to - splice.from);
        }
        var result = new byte[size];
        // The sort is stable: two members inserted at one place keep their order.
        splices.sort(Comparator.comparingInt(Splice::from));
        int read = 0;
        int written = 0;
        for (Splice splice : splices) {
            System.arraycopy(body, read, result, written, splice.from - read);
            written += splice.from - read;
            System.arraycopy(splice.instead, 0, result, written, splice.instead.length);
            written += splice.instead.length;
            read = splice.to;
        }
        System.arraycopy(body, read, result, written, length - read);
        return result;
    }
}
