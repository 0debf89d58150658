package dev.weir.config;

import dev.weir.config.SignatureRules.Algorithm;
import dev.weir.config.SignatureRules.Encoding;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How senders of webhooks prove who they are: the usual ways, each with its words (the providers' pages on verifying
/// deliveries, read 2026-11).
public enum SignatureScheme {
    /// An HMAC in a header, the other keys say how.
    HMAC("X-Signature", "", Encoding.HEX, null, "{body}", null),
    /// The secret itself in a header, as GitLab and many others send it. It is taken off before the target.
    SHARED_SECRET("X-Webhook-Secret", "", Encoding.HEX, null, "{body}", null),
    GITHUB("X-Hub-Signature-256", "sha256=", Encoding.HEX, null, "{body}", "X-GitHub-Delivery"),
    SLACK("X-Slack-Signature", "v0=", Encoding.HEX, "X-Slack-Request-Timestamp", "v0:{timestamp}:{body}", null),
    /// The time stands in the signature's own header, `t=…,v1=…`.
    STRIPE("Stripe-Signature", "v1=", Encoding.HEX, "Stripe-Signature", "{timestamp}.{body}", null),
    /// The Standard Webhooks specification 1.0: an id, a time, and one or more signatures.
    STANDARD("webhook-signature", "v1,", Encoding.BASE64, "webhook-timestamp", "{id}.{timestamp}.{body}", "webhook-id");

    final String header;
    final Algorithm algorithm = Algorithm.SHA256;
    final String prefix;
    final Encoding encoding;
    final Optional<String> timestampHeader;
    final String signed;
    final Optional<String> deliveryId;

    SignatureScheme(String header, String prefix, Encoding encoding, @Nullable String timestampHeader, String signed,
            @Nullable String deliveryId) {
        this.header = header;
        this.prefix = prefix;
        this.encoding = encoding;
        this.timestampHeader = Optional.ofNullable(timestampHeader);
        this.signed = signed;
        this.deliveryId = Optional.ofNullable(deliveryId);
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
