package dev.weir.dialect;

/// The custom verb at the end of a path of Google's, `generateContent` in `/v1beta/models/m:generateContent` (AIP-136). The
/// colon may be percent-encoded.
final class GoogleVerb {
    private GoogleVerb() {}

    static boolean is(String verb, String path) {
        int colon = path.length() - verb.length() - 1;
        return path.endsWith(verb) && (path.startsWith(":", colon) || path.startsWith("%3A", colon - 2));
    }
}
