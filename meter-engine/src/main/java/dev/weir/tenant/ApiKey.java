package dev.weir.tenant;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/// A tenant key as a client carries it: `wr_`, 192 random bits in 33 characters of base 62, a checksum in 6 more.
///
/// It is a secret: shown once when it is made, never stored, never printed ([#toString] shows the last four characters),
/// and looked up by its [ApiKeyHash] only. The checksum (CRC-32 of everything before it) tells a mistyped key from an
/// unknown one without a look-up; it protects nothing. Immutable, any thread. Source: G9.1.
public final class ApiKey {
    public static final String PREFIX = "wr_";
    private static final int RANDOM_BYTES = 24;
    private static final int RANDOM_CHARS = 33;
    private static final int CHECK_CHARS = 6;
    /// The length of every key.
    public static final int LENGTH = PREFIX.length() + RANDOM_CHARS + CHECK_CHARS;
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final BigInteger BASE = BigInteger.valueOf(DIGITS.length());

    private final String text;

    private ApiKey(String text) {
        this.text = text;
    }

    /// Makes a new key.
    ///
    /// @param random fills an array with cryptographically strong bytes: `random::nextBytes` of the Random port
    public static ApiKey generate(Consumer<byte[]> random) {
        var bytes = new byte[RANDOM_BYTES];
        random.accept(bytes);
        String body = PREFIX + base62(new BigInteger(1, bytes), RANDOM_CHARS);
        return new ApiKey(body + checksum(body));
    }

    /// Reads what a client sent.
    ///
    /// @return empty where the text has not the form of a key or its checksum is wrong
    public static Optional<ApiKey> parse(String text) {
        if (text.length() != LENGTH || !isWeirKey(text) || !isBase62(text)) {
            return Optional.empty();
        }
        int end = LENGTH - CHECK_CHARS;
        return checksum(text.substring(0, end)).equals(text.substring(end))
                ? Optional.of(new ApiKey(text))
                : Optional.empty();
    }

    /// Whether the text means to be a Weir key, well formed or not: such a text never goes upstream (G9.4).
    public static boolean isWeirKey(String text) {
        return text.startsWith(PREFIX);
    }

    /// The key itself, for the one answer that shows it and for hashing.
    public String reveal() {
        return text;
    }

    /// What lists show of the key.
    public String last4() {
        return text.substring(LENGTH - 4);
    }

    @Override
    public String toString() {
        return PREFIX + "…" + last4();
    }

    private static boolean isBase62(String text) {
        for (int i = PREFIX.length(); i < text.length(); i++) {
            char c = text.charAt(i);
            boolean digit = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
            if (!digit) {
                return false;
            }
        }
        return true;
    }

    private static String checksum(String body) {
        var crc = new CRC32();
        crc.update(body.getBytes(StandardCharsets.US_ASCII));
        return base62(BigInteger.valueOf(crc.getValue()), CHECK_CHARS);
    }

    private static String base62(BigInteger number, int length) {
        var chars = new char[length];
        BigInteger rest = number;
        for (int i = length - 1; i >= 0; i--) {
            BigInteger[] quotientAndDigit = rest.divideAndRemainder(BASE);
            rest = quotientAndDigit[0];
            chars[i] = DIGITS.charAt(quotientAndDigit[1].intValue());
        }
        return new String(chars);
    }
}
