package dev.weir.config;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/// What a webhook's sender must show.
///
/// @param scheme the way it is shown
/// @param secret that the sender and this route share
/// @param header that carries the signature, or the secret
/// @param algorithm of the HMAC
/// @param prefix before each signature
/// @param encoding of each signature
/// @param timestampHeader where the sender's time stands, in seconds since 1970; empty where none is signed
/// @param signed what is signed: `{body}` at its end, `{timestamp}` and `{id}` (the delivery's) where they are signed too
/// @param tolerance how far the sender's time may be from ours
public record SignatureRules(SignatureScheme scheme, Secret secret, String header, Algorithm algorithm, String prefix,
        Encoding encoding, Optional<String> timestampHeader, String signed, Duration tolerance) {
    public static final String BODY = "{body}";
    public static final String TIMESTAMP = "{timestamp}";
    public static final String ID = "{id}";

    /// The hash functions that senders use; SHA-1 is there for old ones.
    public enum Algorithm {
        SHA256("HmacSHA256"),
        SHA512("HmacSHA512"),
        SHA1("HmacSHA1");

        private final String mac;

        Algorithm(String mac) {
            this.mac = mac;
        }

        /// The name of the JDK.
        public String mac() {
            return mac;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// How the bytes of a signature are written.
    public enum Encoding {
        HEX,
        BASE64;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public SignatureRules {
        if (!signed.endsWith(BODY) || signed.indexOf(BODY) != signed.length() - BODY.length()) {
            throw new IllegalArgumentException("what is signed ends with the body");
        }
        if (timestampHeader.isPresent() != signed.contains(TIMESTAMP)) {
            throw new IllegalArgumentException("a time that is checked is signed, and one that is signed is checked");
        }
    }

    /// What is signed before the body.
    public String signedBeforeBody() {
        return signed.substring(0, signed.length() - BODY.length());
    }
}
