package dev.weir.tenant;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// Whom or what a limit is for, inside one tenant.
///
/// @param value the one entity meant (a tag as `key=value`), or `*`: each entity of the kind separately
public record Entity(Kind kind, String value) {
    public static final String EACH = "*";
    public static final int LENGTH_MAX = 256;
    /// The limits of plans: the tenant, whoever it is.
    public static final Entity THE_TENANT = new Entity(Kind.TENANT, EACH);

    /// What can have a limit.
    public enum Kind {
        TENANT, KEY, USER, ROUTE, MODEL, TAG, RUN;

        /// The name in APIs.
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<Kind> byId(String id) {
            return Arrays.stream(values()).filter(kind -> kind.id().equals(id)).findFirst();
        }
    }

    public Entity {
        if (value.isEmpty() || value.length() > LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "an entity's value has 1 to " + LENGTH_MAX + " characters, not " + value.length());
        }
        if (kind == Kind.TAG && !value.equals(EACH) && value.indexOf('=') < 1) {
            throw new IllegalArgumentException("a tag is named key=value, not '" + value + "'");
        }
    }

    public boolean isEach() {
        return value.equals(EACH);
    }

    /// Whether a limit of this entity is a limit of `candidate`, an entity of the same kind.
    public boolean covers(String candidate) {
        return isEach() || value.equals(candidate);
    }

    @Override
    public String toString() {
        return kind.id() + ":" + value;
    }
}
