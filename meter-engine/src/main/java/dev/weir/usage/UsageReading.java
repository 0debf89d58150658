package dev.weir.usage;

/// What a meter learnt from one answer, and how sure it is.
public sealed interface UsageReading {
    /// The provider's own final word. An explicit 0 is 0.
    record Reported(Quantities quantities) implements UsageReading {}

    /// The provider did not say, or not all: counted or bounded here, each quantity with its provenance.
    record Estimated(Quantities quantities, String reason) implements UsageReading {}

    /// Nothing is known. Never to be read as 0.
    record Missing(String reason) implements UsageReading {}

    /// The provider tells it later, in answers about the object that this call created.
    record Deferred(String objectId) implements UsageReading {}

    /// The answer is about an object that an earlier call created, and tells what that call used.
    record Earlier(String objectId, Quantities quantities) implements UsageReading {}

    /// The answer is about an object that an earlier call created, and names another whose content tells what that call used.
    record Elsewhere(String objectId, String toldBy) implements UsageReading {}
}
