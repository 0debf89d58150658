package dev.weir.postgres;

import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import static java.nio.charset.StandardCharsets.UTF_8;

/// A password that has no printing form (G9.3). Immutable, any thread; equality is identity, so that nobody compares secrets
/// in passing.
public final class Secret {
    private final String value;

    private Secret(String value) {
        this.value = value;
    }

    /// @throws IllegalArgumentException if `value` is empty: an empty secret stops the start (G9.4)
    public static Secret of(String value) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException(
                    "the database password is empty: anybody who reaches the port would be let in; set one");
        }
        return new Secret(value);
    }

    /// For the one place that must send it.
    public String reveal() {
        return value;
    }

    /// The secret of `name` that follows from this one: HMAC-SHA-256 in hex. Every node that knows this one derives the same.
    Secret derive(String name) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(value.getBytes(UTF_8), "HmacSHA256"));
            return new Secret(HexFormat.of().formatHex(mac.doFinal(name.getBytes(UTF_8))));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    @Override
    public String toString() {
        return "***";
    }
}
