package dev.weir.dialect;

import java.util.Map;

/// A refusal as the client's SDK reads it. The array is the receiver's own.
///
/// @param status what goes on the wire; differs from the refusal's own where a client would try that one again
/// @param headers that belong to the shape, names in lower case
public record RefusalBody(byte[] bytes, String contentType, int status, Map<String, String> headers) {
    public RefusalBody {
        headers = Map.copyOf(headers);
    }

    public RefusalBody(byte[] bytes, String contentType, int status) {
        this(bytes, contentType, status, Map.of());
    }
}
