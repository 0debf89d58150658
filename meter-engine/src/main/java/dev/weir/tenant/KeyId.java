package dev.weir.tenant;

/// The public name of a key, `key_…`: what lists, events and revocation use. It is no secret and opens nothing.
public record KeyId(String value) {
    public KeyId {
        if (value.isEmpty() || value.length() > 64) {
            throw new IllegalArgumentException("a key id has 1 to 64 characters");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
