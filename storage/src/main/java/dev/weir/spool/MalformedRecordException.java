package dev.weir.spool;

/// A frame whose checksum is right and whose payload still makes no sense: it is skipped and counted like a damaged one.
final class MalformedRecordException extends Exception {
    MalformedRecordException(String message) {
        super(message);
    }
}
