package dev.weir.postgres;

import dev.weir.tenant.TenantId;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import static java.nio.charset.StandardCharsets.UTF_8;

/// Seals secrets that Weir must use again, so that the database alone does not tell them (G9.2). Immutable, any thread.
///
/// ```
/// sealed = nonce (12) ‖ AES-256-GCM(secret) ‖ tag (16)      associated data: table, tenant, id of the row
/// ```
///
/// A value copied to another row does not open. The key follows from a secret that all nodes of a database share.
public final class SecretBox {
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final byte[] PURPOSE = "weir secrets in rows, version 1".getBytes(UTF_8);

    private final SecretKeySpec key;

    /// @param shared 1 byte or more, the same on all nodes
    public SecretBox(byte[] shared) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(shared, "HmacSHA256"));
            key = new SecretKeySpec(mac.doFinal(PURPOSE), "AES");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    /// @param nonce 12 bytes that are never used again with this key: random ones
    public byte[] seal(String table, TenantId tenant, String id, String secret, byte[] nonce) {
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, row(table, tenant, id)).doFinal(secret.getBytes(UTF_8));
            return ByteBuffer.allocate(nonce.length + sealed.length).put(nonce).put(sealed).array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has AES/GCM", e);
        }
    }

    /// @return empty where it was sealed with another key, for another row, or was changed
    public Optional<String> open(String table, TenantId tenant, String id, byte[] sealed) {
        if (sealed.length < NONCE_BYTES) {
            return Optional.empty();
        }
        try {
            byte[] nonce = java.util.Arrays.copyOf(sealed, NONCE_BYTES);
            byte[] opened = cipher(Cipher.DECRYPT_MODE, nonce, row(table, tenant, id)).doFinal(sealed, NONCE_BYTES,
                    sealed.length - NONCE_BYTES);
            return Optional.of(new String(opened, UTF_8));
        } catch (GeneralSecurityException e) {
            return Optional.empty();
        }
    }

    private Cipher cipher(int mode, byte[] nonce, byte[] row) throws GeneralSecurityException {
        var cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(row);
        return cipher;
    }

    private static byte[] row(String table, TenantId tenant, String id) {
        return (table + "\0" + tenant.value() + "\0" + id).getBytes(UTF_8);
    }

    @Override
    public String toString() {
        return "SecretBox";
    }
}
