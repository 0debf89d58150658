package dev.weir.postgres;

/// The database could not do what was asked: it is away, hung, or not fit for Weir. The message says what to do.
public class DatabaseException extends RuntimeException {
    public DatabaseException(String message) {
        super(message);
    }

    public DatabaseException(String message, Throwable cause) {
        super(message, cause);
    }
}
