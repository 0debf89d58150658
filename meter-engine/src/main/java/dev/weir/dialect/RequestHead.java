package dev.weir.dialect;

import org.jspecify.annotations.Nullable;

/// What is known of a request before its body.
///
/// @param method as on the wire, `POST`
/// @param path normal path behind the route's name, without query, `/v1/chat/completions`
/// @param provider the route's provider, `openai`
/// @param contentType the header's value, null where there is none
public record RequestHead(String method, String path, String provider, @Nullable String contentType) {}
