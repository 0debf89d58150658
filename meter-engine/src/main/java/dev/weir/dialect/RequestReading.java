package dev.weir.dialect;

/// What came of reading a request's body.
public sealed interface RequestReading {
    /// The body has exactly one reading, and this is what it asks for.
    record Facts(RequestFacts facts) implements RequestReading {}

    /// The body is not what the dialect speaks, or has two readings: a 400.
    ///
    /// @param why a sentence the client may see; names fields and positions, quotes no content
    record Unreadable(String why) implements RequestReading {}
}
