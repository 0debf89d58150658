package dev.weir.postgres;

import java.util.function.Supplier;

/// In whose name work changes the database: what `weir.admin_actions` says of each change.
///
/// It goes along with the straight-line code of one thread, so that no method in between has to hand it on. Where nobody is
/// named, the record names the database's role.
public final class Actor {
    private static final ScopedValue<String> WHO = ScopedValue.newInstance();

    private Actor() {}

    /// Does the work in a name.
    ///
    /// @param who never a secret
    public static <T> T as(String who, Supplier<T> work) {
        return ScopedValue.where(WHO, who).call(work::get);
    }

    /// Empty where nobody is named.
    static String who() {
        return WHO.orElse("");
    }
}
