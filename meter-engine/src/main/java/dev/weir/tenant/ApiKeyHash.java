package dev.weir.tenant;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;

/// What is stored of a key: HMAC-SHA-256 under the server's pepper, 32 bytes.
///
/// Equality compares all bytes in constant time; the hash code is taken from the HMAC, which nobody without the pepper can
/// steer. Immutable, any thread. Source: G9.1.
public final class ApiKeyHash {
    public static final int LENGTH = 32;

    private final byte[] bytes;

    private ApiKeyHash(byte[] bytes) {
        this.bytes = bytes;
    }

    /// @throws IllegalArgumentException if there are not 32 bytes
    public static ApiKeyHash of(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a key hash has " + LENGTH + " bytes, not " + bytes.length);
        }
        return new ApiKeyHash(bytes.clone());
    }

    public static ApiKeyHash ofHex(String hex) {
        return of(HexFormat.of().parseHex(hex));
    }

    public byte[] toBytes() {
        return bytes.clone();
    }

    public String toHex() {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ApiKeyHash that && MessageDigest.isEqual(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return ByteBuffer.wrap(bytes).getInt();
    }

    @Override
    public String toString() {
        return "ApiKeyHash";
    }
}
