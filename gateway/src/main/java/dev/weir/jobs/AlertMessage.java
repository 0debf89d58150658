package dev.weir.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.weir.postgres.AlertRow;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// An alert as a webhook gets it: a CloudEvent 1.0 in JSON, signed as Standard Webhooks has it.
///
/// ```
/// webhook-id         the alert's id, also the event's: the same at each attempt
/// webhook-timestamp  seconds since 1970, of this attempt
/// webhook-signature  v1,BASE64(HMAC-SHA256(secret, id "." timestamp "." body))
/// ```
///
/// The secret is shown as `whsec_` and base64; what signs are the bytes that the base64 stands for. The body is the same, byte
/// for byte, at each attempt. Sources: cloudevents/spec `json-format.md` 1.0.2; standard-webhooks `spec/standard-webhooks.md`,
/// read on 2026-11-26.
final class AlertMessage {
    static final String TYPE = "dev.weir.budget.threshold.v1";
    static final String TEST_TYPE = "dev.weir.budget.test.v1";
    static final String SECRET_PREFIX = "whsec_";

    private AlertMessage() {}

    static byte[] body(AlertRow alert) {
        AlertRow.Mark mark = alert.mark();
        var actions = new JsonArray();
        alert.actions().forEach(actions::add);
        var data = new JsonObject().put("tenant", alert.tenant().value())
                .put("budget", Deliveries.budgetId(alert))
                .put("entity", new JsonObject().put("kind", alert.entity().kind().id())
                        .put("value", alert.entity().value()))
                .put("percent", mark.percent())
                .put("actions", actions)
                .put("window", mark.window())
                .put("window_start", text(mark.start()))
                .put("window_end", text(mark.end()))
                .put("limit", text(mark.amount()))
                .put("spent", text(mark.settled()))
                .put("reserved", text(mark.reserved()))
                .put("currency", "USD");
        return new JsonObject().put("specversion", "1.0")
                .put("id", alert.id())
                .put("source", "/weir/tenants/" + alert.tenant().value() + "/budgets/" + Deliveries.budgetId(alert))
                .put("type", alert.test() ? TEST_TYPE : TYPE)
                .put("subject", alert.tenant().value())
                .put("time", alert.firedAt().toString())
                .put("datacontenttype", "application/json")
                .put("data", data)
                .toBuffer()
                .getBytes();
    }

    static Map<String, String> headers(String id, Instant now, byte[] body, String secret) {
        String timestamp = Long.toString(now.getEpochSecond());
        var headers = new LinkedHashMap<String, String>();
        headers.put("Content-Type", "application/cloudevents+json");
        headers.put("webhook-id", id);
        headers.put("webhook-timestamp", timestamp);
        headers.put("webhook-signature", "v1," + signature(id, timestamp, body, secret));
        return headers;
    }

    private static String signature(String id, String timestamp, byte[] body, String secret) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.substring(SECRET_PREFIX.length())),
                    "HmacSHA256"));
            mac.update((id + "." + timestamp + ".").getBytes(UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }

    private static String text(BigDecimal usd) {
        return usd.signum() == 0 ? "0" : usd.stripTrailingZeros().toPlainString();
    }
}
