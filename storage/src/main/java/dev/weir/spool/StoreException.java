package dev.weir.spool;

import org.jspecify.annotations.Nullable;

/// A batch was not stored, or nobody knows whether it was. Either way the same batch is to be sent again.
public final class StoreException extends Exception {
    private final boolean commitUnknown;

    private StoreException(String message, @Nullable Throwable cause, boolean commitUnknown) {
        super(message, cause);
        this.commitUnknown = commitUnknown;
    }

    /// The transaction was surely not committed (refused, rolled back, never begun).
    public static StoreException notStored(String message, @Nullable Throwable cause) {
        return new StoreException(message, cause, false);
    }

    /// The connection broke, or time ran out, after COMMIT was sent: it may be stored.
    public static StoreException commitUnknown(String message, @Nullable Throwable cause) {
        return new StoreException(message, cause, true);
    }

    public boolean isCommitUnknown() {
        return commitUnknown;
    }
}
