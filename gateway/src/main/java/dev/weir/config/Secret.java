package dev.weir.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/// A value that is used and never shown.
///
/// It has no printing form: [#toString] is a mask, and it is no record, so that nothing prints or compares its content by
/// accident. [#reveal] is the one way out; what it returns goes into a header or a key derivation, never into a message.
/// Immutable, any thread.
public final class Secret {
    static final String MASK = "********";

    private final String value;

    private Secret(String value) {
        this.value = value;
    }

    /// @throws IllegalArgumentException if `value` is empty: an empty secret protects nothing (G9.4)
    public static Secret of(String value) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("a secret is not empty");
        }
        return new Secret(value);
    }

    public String reveal() {
        return value;
    }

    public byte[] revealBytes() {
        return value.getBytes(StandardCharsets.UTF_8);
    }

    /// Equal content, compared in a time that does not tell where the difference lies.
    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && MessageDigest.isEqual(revealBytes(), secret.revealBytes());
    }

    /// The same for every secret, so that a hash printed somewhere tells nothing.
    @Override
    public int hashCode() {
        return Secret.class.hashCode();
    }

    @Override
    public String toString() {
        return MASK;
    }
}
