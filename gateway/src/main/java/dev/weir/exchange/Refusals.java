package dev.weir.exchange;

import dev.weir.admission.RateLimitFields;
import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.config.RouteKind;
import dev.weir.dialect.RefusalBody;
import dev.weir.dialect.RefusalShape;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.usage.Quantities;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;

/// Says no: in the shape that the client's SDK raises the right exception for, with headers that keep it from trying again
/// where trying again is useless, and as an event where there is a tenant to book it on.
final class Refusals {
    private static final String PROBLEM = "application/problem+json";

    private Refusals() {}

    /// The body in the dialect of the call; an RFC 9457 problem where none is spoken.
    static RefusalBody body(Call call, Refusal refusal) {
        var shape = new RefusalShape(refusal.status(), refusal.code().id(), refusal.message(), call.id);
        if (call.mcp != null) {
            return call.mcp.words.put(shape);
        }
        return call.dialect != null ? call.dialect.refusal(shape) : problem(shape);
    }

    /// Sets the headers of a refusal.
    static void head(MultiMap headers, Call call, Refusal refusal, RefusalBody body) {
        headers.set("content-type", body.contentType());
        body.headers().forEach(headers::set);
        headers.set("x-weir-request-id", call.id);
        if (refusal.status() == 429 || refusal.status() == 403 || refusal.lasting()) {
            headers.set("x-should-retry", "false");
        }
        if (refusal.retryAfterSeconds() >= 0) {
            headers.set("retry-after", Long.toString(refusal.retryAfterSeconds()));
        }
        if (refusal.status() == 401 && refusal.code() != RefusalCode.SIGNATURE_INVALID) {
            headers.set("www-authenticate", "Bearer realm=\"weir\"");
        }
        if (refusal.standing() != null) {
            rateLimit(headers, RateLimitFields.of(refusal.standing(), call.time));
        }
    }

    static void rateLimit(MultiMap headers, RateLimitFields fields) {
        headers.set("ratelimit", fields.rateLimit());
        headers.set("ratelimit-policy", fields.policy());
    }

    /// The event of a refusal: cost 0, nothing used.
    static UsageEvent event(Call call, int attempt, Refusal refusal, RefusalBody said, long nowNanos) {
        RefusalCode code = refusal.code();
        return new UsageEvent(call.id, attempt, call.time, call.tenant(), call.key(), call.user, call.routeName(),
                call.provider(), call.modelAsked(), null, call.route == null ? null : call.config().region(), null,
                null,
                call.attribution, Quantities.NONE, new WireBytes(call.clientIn, 0, 0, said.bytes().length),
                said.status(), 0,
                nowNanos - call.startedNanos, -1, call.clientRetryCount, -1,
                code.isBlock() ? Outcome.BLOCKED : Outcome.REFUSED, code.id(), null, Money.ZERO,
                isDeniedWrite(call) ? Flags.NONE.with(Flags.Flag.WRITE_DENIED) : Flags.NONE);
    }

    private static boolean isDeniedWrite(Call call) {
        return call.route != null && call.kind() == RouteKind.CONNECTOR && !call.isRead();
    }

    private static RefusalBody problem(RefusalShape shape) {
        String json = "{\"type\":\"urn:weir:problem:" + shape.code() + "\",\"title\":\"" + title(shape.code())
                + "\",\"status\":"
                + shape.status() + ",\"detail\":" + quoted(shape.message()) + ",\"code\":\"" + shape.code() + "\""
                + (shape.requestId() == null ? "" : ",\"request_id\":" + quoted(shape.requestId())) + "}";
        return new RefusalBody(json.getBytes(StandardCharsets.UTF_8), PROBLEM, shape.status());
    }

    private static String title(String code) {
        String words = code.replace('_', ' ');
        return Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }

    private static String quoted(String text) {
        return io.vertx.core.json.Json.encode(text);
    }
}
