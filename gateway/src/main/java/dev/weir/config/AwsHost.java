package dev.weir.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What the name of a Bedrock host tells: `bedrock-runtime.us-east-1.amazonaws.com`, `bedrock-mantle.us-east-1.api.aws`, those
/// with `-fips`, and private endpoints (AWS General Reference, "Amazon Bedrock endpoints and quotas"; read 2026-11).
///
/// @param service the name that requests are signed for: `bedrock`, or `bedrock-mantle` for the hosts that speak OpenAI's API
/// @param region where it computes, `us-east-1`
public record AwsHost(String service, String region) {
    /// What requests to any other host are signed for: a proxy or a test in front of Bedrock.
    public static final String BEDROCK = "bedrock";
    private static final String MANTLE = "bedrock-mantle";
    private static final Pattern NAME = Pattern.compile("(?:[a-z0-9-]+\\.)?(bedrock(?:-[a-z]+)*)"
            + "\\.([a-z]{2,}(?:-[a-z]+)+-[0-9]+)\\.(?:vpce\\.)?(?:amazonaws\\.com(?:\\.cn)?|api\\.aws)");

    /// @param host in lower case
    public static Optional<AwsHost> of(String host) {
        Matcher name = NAME.matcher(host);
        return name.matches()
                ? Optional.of(new AwsHost(name.group(1).startsWith(MANTLE) ? MANTLE : BEDROCK, name.group(2)))
                : Optional.empty();
    }
}
