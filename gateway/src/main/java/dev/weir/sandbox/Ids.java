package dev.weir.sandbox;

import java.util.concurrent.ThreadLocalRandom;

/// Identifiers that look like the real ones.
final class Ids {
    private static final String BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private static final String HEX = "0123456789abcdef";

    private Ids() {}

    static String base58(String prefix, int length) {
        return of(prefix, BASE58, length);
    }

    static String hex(String prefix, int length) {
        return of(prefix, HEX, length);
    }

    private static String of(String prefix, String alphabet, int length) {
        var random = ThreadLocalRandom.current();
        var id = new StringBuilder(prefix.length() + length).append(prefix);
        for (int i = 0; i < length; i++) {
            id.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return id.toString();
    }
}
