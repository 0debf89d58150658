package dev.weir.control;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// The administrator's key, held as its hash. Immutable, any thread; prints nothing of itself.
///
/// Hashes are compared, in constant time, so that neither the length nor the first wrong character shows in the time an
/// answer takes (G9.1).
public final class AdminKey {
    public static final int LENGTH_MIN = 16;

    private final byte[] hash;

    private AdminKey(byte[] hash) {
        this.hash = hash;
    }

    /// @throws IllegalArgumentException if the key is shorter than [#LENGTH_MIN]: an empty or short one stops the start (G9.4)
    public static AdminKey of(String key) {
        if (key.length() < LENGTH_MIN) {
            throw new IllegalArgumentException("the admin key has " + key.length() + " characters and needs "
                    + LENGTH_MIN + " or more: it could be guessed. Set WEIR_ADMIN_KEY to a longer one,"
                    + " or leave it away and one is made.");
        }
        return new AdminKey(sha256(key));
    }

    boolean matches(String presented) {
        return MessageDigest.isEqual(hash, sha256(presented));
    }

    @Override
    public String toString() {
        return "AdminKey";
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
