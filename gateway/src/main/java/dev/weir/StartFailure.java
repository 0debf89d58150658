package dev.weir;

/// Weir cannot start, and the message tells an operator what is wrong and what to do. Shown without a stack trace.
public final class StartFailure extends RuntimeException {
    public StartFailure(String message) {
        super(message);
    }

    public StartFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
