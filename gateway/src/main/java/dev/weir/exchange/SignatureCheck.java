package dev.weir.exchange;

import dev.weir.config.SignatureRules;
import dev.weir.config.SignatureScheme;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Whether a webhook's sender knows the secret. Pure; takes a time that does not tell how much of a signature is right.
final class SignatureCheck {
    /// More than any sender rotates at once.
    private static final int CANDIDATES_MAX = 8;
    private static final String STANDARD_SECRET = "whsec_";

    private SignatureCheck() {}

    /// @param deliveryId null where none came
    /// @param body the first `length` bytes of it
    static boolean isRight(SignatureRules rules, MultiMap headers, @Nullable String deliveryId, byte[] body, int length,
            Instant now) {
        String shown = only(headers, rules.header());
        if (shown == null) {
            return false;
        }
        if (rules.scheme() == SignatureScheme.SHARED_SECRET) {
            return MessageDigest.isEqual(shown.getBytes(StandardCharsets.UTF_8), rules.secret().revealBytes());
        }
        String timestamp = timestamp(rules, headers, shown);
        boolean timed = rules.timestampHeader().isPresent();
        if (timed && !isNear(timestamp, rules, now)
                || rules.signed().contains(SignatureRules.ID) && deliveryId == null) {
            return false;
        }
        String before = rules.signedBeforeBody()
                .replace(SignatureRules.TIMESTAMP, timestamp == null ? "" : timestamp)
                .replace(SignatureRules.ID, deliveryId == null ? "" : deliveryId);
        return anyMatches(rules, shown, mac(rules, before.getBytes(StandardCharsets.UTF_8), body, length));
    }

    /// A header that stands twice has two readings, so none.
    private static @Nullable String only(MultiMap headers, String name) {
        var values = headers.getAll(name);
        return values.size() == 1 ? values.getFirst().strip() : null;
    }

    private static @Nullable String timestamp(SignatureRules rules, MultiMap headers, String shown) {
        if (rules.timestampHeader().isEmpty()) {
            return null;
        }
        if (!rules.timestampHeader().get().equalsIgnoreCase(rules.header())) {
            return only(headers, rules.timestampHeader().get());
        }
        for (String part : shown.split(",")) {
            if (part.strip().startsWith("t=")) {
                return part.strip().substring(2);
            }
        }
        return null;
    }

    private static boolean isNear(@Nullable String timestamp, SignatureRules rules, Instant now) {
        if (timestamp == null || !timestamp.matches("[0-9]{1,12}")) {
            return false;
        }
        return Math.abs(now.getEpochSecond() - Long.parseLong(timestamp)) <= rules.tolerance().toSeconds();
    }

    /// Several signatures stand with commas or spaces between; each begins with the prefix.
    private static boolean anyMatches(SignatureRules rules, String shown, byte[] expected) {
        boolean matches = false;
        int from = 0;
        for (int candidates = 0; from < shown.length() && candidates < CANDIDATES_MAX; candidates++) {
            int at = rules.prefix().isEmpty() ? from : shown.indexOf(rules.prefix(), from);
            if (at < 0) {
                break;
            }
            int begin = at + rules.prefix().length();
            int end = begin;
            while (end < shown.length() && shown.charAt(end) != ',' && shown.charAt(end) != ' ') {
                end++;
            }
            byte[] candidate = decoded(rules, shown.substring(begin, end));
            matches |= (at == 0 || shown.charAt(at - 1) == ',' || shown.charAt(at - 1) == ' ')
                    && MessageDigest.isEqual(candidate, expected);
            from = end + 1;
        }
        return matches;
    }

    private static byte[] decoded(SignatureRules rules, String text) {
        try {
            return switch (rules.encoding()) {
                case HEX -> HexFormat.of().parseHex(text);
                case BASE64 -> Base64.getDecoder().decode(text);
            };
        } catch (IllegalArgumentException unreadable) {
            return new byte[0];
        }
    }

    private static byte[] mac(SignatureRules rules, byte[] before, byte[] body, int length) {
        try {
            Mac mac = Mac.getInstance(rules.algorithm().mac());
            mac.init(new SecretKeySpec(secret(rules), rules.algorithm().mac()));
            mac.update(before);
            mac.update(body, 0, length);
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + rules.algorithm().mac(), e);
        }
    }

    /// Standard Webhooks write their secrets in Base64 behind `whsec_`.
    private static byte[] secret(SignatureRules rules) {
        String text = rules.secret().reveal();
        if (rules.scheme() == SignatureScheme.STANDARD && text.startsWith(STANDARD_SECRET)) {
            try {
                return Base64.getDecoder().decode(text.substring(STANDARD_SECRET.length()));
            } catch (IllegalArgumentException plain) {
                return rules.secret().revealBytes();
            }
        }
        return rules.secret().revealBytes();
    }
}
