package dev.weir.usage;

/// The name of a model as it stands on the wire, `gpt-4o-2024-08-06`. Hostile text until escaped: clients choose it.
///
/// @param value 1 to 256 characters
public record ModelId(String value) {
    public static final int LENGTH_MAX = 256;

    public ModelId {
        if (value.isEmpty() || value.length() > LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "a model name has 1 to " + LENGTH_MAX + " characters, not " + value.length());
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
