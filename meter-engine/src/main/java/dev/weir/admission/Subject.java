package dev.weir.admission;

import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Something that has entities, so that limits can be asked whether they mean it.
sealed interface Subject permits AdmissionRequest, PastUsage {
    /// The entity of that kind; null where there is none, and for tags, of which there are several.
    @Nullable
    String entity(Entity.Kind kind);

    Map<String, String> tags();

    /// Takes each value for which a limit means a subject.
    interface Visitor {
        void visit(Limit limit, String value);
    }

    static void match(Limit limit, Subject subject, Visitor visitor) {
        Entity entity = limit.entity();
        if (entity.kind() == Entity.Kind.TAG) {
            matchTags(limit, subject, visitor);
            return;
        }
        String value = subject.entity(entity.kind());
        if (value != null && entity.covers(value)) {
            visitor.visit(limit, value);
        }
    }

    private static void matchTags(Limit limit, Subject subject, Visitor visitor) {
        for (var tag : subject.tags().entrySet()) {
            String value = tag.getKey() + "=" + tag.getValue();
            if (limit.entity().covers(value)) {
                visitor.visit(limit, value);
            }
        }
    }
}
