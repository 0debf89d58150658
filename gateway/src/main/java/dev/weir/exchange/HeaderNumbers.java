package dev.weir.exchange;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/// Numbers in header fields, read without trust.
final class HeaderNumbers {
    static final long ABSENT = -1;
    private static final int DIGITS_MAX = 18;

    private HeaderNumbers() {}

    /// The declared `Content-Length`, or -1 where there is none.
    static long contentLength(MultiMap headers) {
        return number(headers.get(HttpHeaders.CONTENT_LENGTH));
    }

    /// `Retry-After` in whole seconds from `now`, rounded up, or -1 where there is none that can be read
    /// (RFC 9110 §10.2.3: seconds or an HTTP date).
    static long retryAfterSeconds(MultiMap headers, Instant now) {
        String value = headers.get("retry-after");
        if (value == null) {
            return ABSENT;
        }
        long seconds = number(value.strip());
        if (seconds >= 0) {
            return seconds;
        }
        try {
            Instant at = ZonedDateTime.parse(value.strip(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            return Math.max(0, Math.ceilDiv(at.toEpochMilli() - now.toEpochMilli(), 1000));
        } catch (DateTimeException unreadable) {
            return ABSENT;
        }
    }

    private static long number(@Nullable String digits) {
        if (digits == null || digits.isEmpty() || digits.length() > DIGITS_MAX) {
            return ABSENT;
        }
        long value = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return ABSENT;
            }
            value = value * 10 + digit;
        }
        return value;
    }
}
