package dev.weir.spool;

import org.jspecify.annotations.Nullable;

/// A batch was not stored, or nobody knows whether it was. The same batch is to be sent again, but for one that is refused.
public final class StoreException extends Exception {
    private final Kind kind;

    private enum Kind {
        NOT_STORED, REFUSED, COMMIT_UNKNOWN
    }

    private StoreException(String message, @Nullable Throwable cause, Kind kind) {
        super(message, cause);
        this.kind = kind;
    }

    /// The transaction was surely not committed (refused, rolled back, never begun).
    public static StoreException notStored(String message, @Nullable Throwable cause) {
        return new StoreException(message, cause, Kind.NOT_STORED);
    }

    /// The store is well and refuses something in the batch for a reason of its own, such as a value out of range: the same
    /// batch will be refused again. Surely not committed.
    public static StoreException refused(String message, @Nullable Throwable cause) {
        return new StoreException(message, cause, Kind.REFUSED);
    }

    /// The connection broke, or time ran out, after COMMIT was sent: it may be stored.
    public static StoreException commitUnknown(String message, @Nullable Throwable cause) {
        return new StoreException(message, cause, Kind.COMMIT_UNKNOWN);
    }

    public boolean isCommitUnknown() {
        return kind == Kind.COMMIT_UNKNOWN;
    }

    public boolean isRefused() {
        return kind == Kind.REFUSED;
    }
}
