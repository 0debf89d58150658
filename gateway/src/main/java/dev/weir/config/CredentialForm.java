package dev.weir.config;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Pattern;

/// How an upstream wants its credential: the header, and what stands in it.
///
/// Spelled `bearer`, `basic`, `sigv4`, or the name of a header that takes the credential as it is (`x-api-key`).
///
/// @param header the header's name, lower case
/// @param scheme how the value is made
public record CredentialForm(String header, Scheme scheme) {
    /// How the header's value is made from the secret.
    public enum Scheme {
        /// `Bearer ` and the secret (RFC 6750).
        BEARER,
        /// `Basic ` and the secret, `user:password`, in Base64 (RFC 7617).
        BASIC,
        /// The secret alone.
        PLAIN,
        /// No value of its own: each request is signed with the secret, an [AwsKey].
        SIGV4
    }

    public static final CredentialForm BEARER = new CredentialForm("authorization", Scheme.BEARER);
    public static final CredentialForm BASIC = new CredentialForm("authorization", Scheme.BASIC);
    public static final CredentialForm SIGV4 = new CredentialForm("authorization", Scheme.SIGV4);
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}");

    public static CredentialForm header(String name) {
        return new CredentialForm(name.toLowerCase(Locale.ROOT), Scheme.PLAIN);
    }

    /// @throws IllegalArgumentException with a message for the operator
    static CredentialForm parse(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "bearer" -> BEARER;
            case "basic" -> BASIC;
            case "sigv4" -> SIGV4;
            default -> {
                if (!TOKEN.matcher(text).matches()) {
                    throw new IllegalArgumentException(
                            "is not a way to send a credential. Write bearer, basic, sigv4, or"
                                    + " the name of a header, as x-api-key");
                }
                yield header(text);
            }
        };
    }

    /// Whether requests are signed, so that there is no value before one is complete.
    public boolean signs() {
        return scheme == Scheme.SIGV4;
    }

    /// The header's value; it is as secret as the credential.
    ///
    /// @throws IllegalStateException where requests are signed
    public String value(Secret secret) {
        return switch (scheme) {
            case BEARER -> "Bearer " + secret.reveal();
            case BASIC -> "Basic " + Base64.getEncoder()
                    .encodeToString(secret.reveal().getBytes(StandardCharsets.UTF_8));
            case PLAIN -> secret.reveal();
            case SIGV4 -> throw new IllegalStateException("a signature is made for each request");
        };
    }

    @Override
    public String toString() {
        return switch (scheme) {
            case BEARER -> "bearer";
            case BASIC -> "basic";
            case PLAIN -> header;
            case SIGV4 -> "sigv4";
        };
    }
}
