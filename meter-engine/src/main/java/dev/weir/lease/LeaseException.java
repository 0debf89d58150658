package dev.weir.lease;

import org.jspecify.annotations.Nullable;

/// An exchange of which no answer came.
public final class LeaseException extends Exception {
    private final boolean fenced;

    private LeaseException(String message, @Nullable Throwable cause, boolean fenced) {
        super(message, cause);
        this.fenced = fenced;
    }

    /// Nobody can say whether it was carried out.
    public static LeaseException unknown(String message, @Nullable Throwable cause) {
        return new LeaseException(message, cause, false);
    }

    /// A later start of the node has spoken, or an operator has given the node up: this start never gets another answer.
    public static LeaseException fenced(String message) {
        return new LeaseException(message, null, true);
    }

    public boolean isFenced() {
        return fenced;
    }
}
