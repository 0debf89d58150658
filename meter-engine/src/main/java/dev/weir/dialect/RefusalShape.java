package dev.weir.dialect;

import org.jspecify.annotations.Nullable;

/// A refusal before it is put into the client's dialect.
///
/// @param status 400 to 599
/// @param code Weir's stable code, `cap_exceeded`
/// @param message what, why, what to do; any text, it is escaped
/// @param requestId the id in `X-Weir-Request-Id`, null where none was given yet
public record RefusalShape(int status, String code, String message, @Nullable String requestId) {
    public RefusalShape {
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("a refusal has a status of 400 to 599, not " + status);
        }
    }
}
