package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;

/// What a voice answers to one request.
sealed interface Reply {
    /// One JSON document with status 200.
    record Whole(JsonNode body) implements Reply {}

    /// Server-sent events, each with its blank line, produced one at a time.
    record Events(Iterator<String> events) implements Reply {}

    /// A stream of another framing, produced one piece at a time.
    record Stream(String mediaType, Iterator<String> pieces) implements Reply {}

    /// Frames of bytes, produced one at a time.
    record Frames(String mediaType, Iterator<byte[]> frames) implements Reply {}

    /// A request that the real upstream would refuse, with the status it would use.
    record Rejected(int status, String message) implements Reply {}
}
