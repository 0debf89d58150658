package dev.weir.tenant;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Turns keys into their hashes with the server's pepper. Any thread.
///
/// The pepper is a secret of the installation: without it a stolen table of hashes can not even be tried. Losing it makes
/// every key unknown.
public final class KeyHasher {
    public static final int PEPPER_BYTES_MIN = 32;
    private static final String ALGORITHM = "HmacSHA256";
    /// No key has this form.
    private static final String MARKED = "which pepper this is";
    private static final int MARK_BYTES = 16;

    private final Mac prototype;

    /// @param pepper 32 random bytes or more; copied
    /// @throws IllegalArgumentException if the pepper is shorter, or is one byte repeated
    public KeyHasher(byte[] pepper) {
        if (pepper.length < PEPPER_BYTES_MIN) {
            throw new IllegalArgumentException("the key pepper has " + pepper.length + " bytes and needs "
                    + PEPPER_BYTES_MIN + " or more: an empty or short one would leave stored keys open to guessing");
        }
        if (isOneByteRepeated(pepper)) {
            throw new IllegalArgumentException("the key pepper is one byte repeated: generate a random one");
        }
        try {
            prototype = Mac.getInstance(ALGORITHM);
            prototype.init(new SecretKeySpec(pepper, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }

    public ApiKeyHash hash(ApiKey key) {
        return ApiKeyHash.of(ownMac().doFinal(key.reveal().getBytes(StandardCharsets.US_ASCII)));
    }

    /// Tells this pepper from others, and nothing else about it: 32 hex digits.
    public String mark() {
        byte[] mark = ownMac().doFinal(MARKED.getBytes(StandardCharsets.US_ASCII));
        return HexFormat.of().formatHex(mark, 0, MARK_BYTES);
    }

    private Mac ownMac() {
        try {
            return (Mac) prototype.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the Mac of the JDK can be cloned", e);
        }
    }

    private static boolean isOneByteRepeated(byte[] bytes) {
        for (byte b : bytes) {
            if (b != bytes[0]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return "KeyHasher";
    }
}
