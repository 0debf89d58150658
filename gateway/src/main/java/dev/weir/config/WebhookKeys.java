package dev.weir.config;

import dev.weir.tenant.TenantId;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/// The keys that only routes of kind `mcp` or `webhook` have a use for: names, defaults and ranges.
final class WebhookKeys {
    private static final Duration TOLERANCE = Duration.ofMinutes(5);
    private static final Duration DAY = Duration.ofDays(1);

    private WebhookKeys() {}

    static McpRules mcp(Section route) {
        McpRules standard = McpRules.DEFAULTS;
        return new McpRules(route.list("hosts", standard.hosts(), WebhookKeys::host),
                route.list("origins", standard.origins(), WebhookKeys::origin),
                route.duration("listening", standard.listening(), Duration.ofMillis(1), DAY));
    }

    private static String host(String text) {
        if (!text.matches("[A-Za-z0-9._-]+(:[0-9]{1,5})?|\\[[0-9A-Fa-f:.]+](:[0-9]{1,5})?")) {
            throw new IllegalArgumentException(
                    "is not a list of hosts. Write them as clients do, as [weir.internal:8080]");
        }
        return text.toLowerCase(Locale.ROOT);
    }

    private static String origin(String text) {
        if (!text.matches("[A-Za-z][A-Za-z0-9+.-]*://[^/\\s?#]+")) {
            throw new IllegalArgumentException("is not a list of origins. Write scheme and host, as"
                    + " [https://app.example.com]");
        }
        return text.toLowerCase(Locale.ROOT);
    }

    /// Empty where tenant or secret is missing; [CrossChecks] says so where the route needs them.
    static Optional<WebhookRules> webhook(Section route) {
        Optional<TenantId> tenant = route.optional("tenant", WebhookKeys::tenant);
        Optional<String> deliveryId = route.optional("delivery-id", WebhookKeys::headerName);
        Section keys = route.section("signature");
        SignatureScheme scheme = keys.optional("scheme", Section.chooser(SignatureScheme.class))
                .orElse(SignatureScheme.HMAC);
        Optional<Secret> secret = keys.secret("secret");
        String header = keys.optional("header", WebhookKeys::headerName).orElse(scheme.header);
        var algorithm = keys.optional("algorithm", Section.chooser(SignatureRules.Algorithm.class))
                .orElse(scheme.algorithm);
        String prefix = keys.text("prefix").orElse(scheme.prefix);
        var encoding = keys.optional("encoding", Section.chooser(SignatureRules.Encoding.class))
                .orElse(scheme.encoding);
        Optional<String> timestamp = keys.optional("timestamp-header", WebhookKeys::headerName)
                .or(() -> scheme.timestampHeader);
        String usual = scheme.signed.contains(SignatureRules.TIMESTAMP) || timestamp.isEmpty()
                ? scheme.signed
                : "{timestamp}.{body}";
        String signed = keys.optional("signed", WebhookKeys::signed).orElse(usual);
        Duration tolerance = keys.optional("tolerance", WebhookKeys::tolerance, DurationText::show).orElse(TOLERANCE);
        keys.end();
        if (timestamp.isPresent() != signed.contains(SignatureRules.TIMESTAMP)) {
            route.reading.problem(route.reading.where(keys.path("signed")), "A time that is not signed proves nothing,"
                    + " and a signed one has to be found: write {timestamp} into signed and its header into"
                    + " timestamp-header, or neither.");
            return Optional.empty();
        }
        if (secret.isPresent() && secret.get().reveal().equals("whsec_")) {
            route.reading.problem(route.reading.where(keys.path("secret")), "The secret is empty behind its whsec_."
                    + " Give it a value.");
            return Optional.empty();
        }
        if (tenant.isEmpty() || secret.isEmpty()) {
            return Optional.empty();
        }
        var rules = new SignatureRules(scheme, secret.get(), header, algorithm, prefix, encoding, timestamp, signed,
                tolerance);
        return Optional.of(new WebhookRules(tenant.get(), rules, deliveryId.or(() -> scheme.deliveryId)));
    }

    private static TenantId tenant(String text) {
        try {
            return new TenantId(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is not a tenant's name. Write the id it was made with", e);
        }
    }

    private static String headerName(String text) {
        if (!text.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")) {
            throw new IllegalArgumentException("is not the name of a header");
        }
        return text;
    }

    private static String signed(String text) {
        if (text.indexOf(SignatureRules.BODY) != text.length() - SignatureRules.BODY.length()) {
            throw new IllegalArgumentException("does not end with {body}. Write what is signed, as {timestamp}.{body};"
                    + " {id} stands for the delivery's id");
        }
        return text;
    }

    private static Duration tolerance(String text) {
        Duration tolerance = DurationText.parse(text);
        if (tolerance.compareTo(Duration.ofSeconds(1)) < 0 || tolerance.compareTo(DAY) > 0) {
            throw new IllegalArgumentException("is not within 1s and 1d");
        }
        return tolerance;
    }
}
