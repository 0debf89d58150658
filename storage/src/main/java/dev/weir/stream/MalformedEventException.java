package dev.weir.stream;

/// A record is not what the topic is for, or of a version that this one cannot read.
final class MalformedEventException extends Exception {
    MalformedEventException(String message) {
        super(message);
    }

    MalformedEventException(String message, Throwable cause) {
        super(message, cause);
    }
}
