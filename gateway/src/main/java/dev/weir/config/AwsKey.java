package dev.weir.config;

import java.util.Optional;

/// A key of AWS that requests are signed with, written as one credential: `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, and
/// `:SESSION_TOKEN` behind it where the key is a temporary one. None of the three can hold a colon.
///
/// @param accessKeyId names the key; goes over the wire
/// @param secretAccessKey signs; never leaves the process
/// @param sessionToken goes along with a temporary key
public record AwsKey(String accessKeyId, Secret secretAccessKey, Optional<Secret> sessionToken) {
    /// @return empty where the text has another form
    public static Optional<AwsKey> of(Secret credential) {
        String[] parts = credential.reveal().split(":", -1);
        boolean whole = parts.length == 2 || parts.length == 3;
        for (String part : parts) {
            whole &= !part.isEmpty() && part.chars().allMatch(c -> c > 0x20 && c < 0x7f);
        }
        return whole
                ? Optional.of(new AwsKey(parts[0], Secret.of(parts[1]),
                        parts.length == 3 ? Optional.of(Secret.of(parts[2])) : Optional.empty()))
                : Optional.empty();
    }
}
