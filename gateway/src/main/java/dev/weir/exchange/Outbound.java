package dev.weir.exchange;

import dev.weir.config.Credential;
import dev.weir.config.RouteConfig;
import dev.weir.config.Secret;
import dev.weir.dialect.RequestFacts;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The upstream request of one attempt: the client's, but for what design decision 16 says is changed on the way.
///
/// @param asksUsage whether Weir asks for the usage chunk on the client's behalf, so must take it out of the answer again
/// @param outputLimit what the body's output limit becomes; empty: it stays
/// @param carriesOurCredential whether a 401 or 403 is about a credential of Weir's
record Outbound(Call call, String target, MultiMap headers, boolean asksUsage, OptionalLong outputLimit,
        boolean carriesOurCredential) {
    static Outbound of(Call call, HttpServerRequest request, Attempt attempt) {
        RouteConfig config = call.config();
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        HeaderRules.toUpstream(request.headers(), headers, config.passClientCredential());
        SubprotocolKey.drop(headers, config.passClientCredential());
        boolean asksUsage = asksUsage(call);
        if (call.isLlm() || call.mcp != null) {
            // What is compressed cannot be ended in the words of its dialect.
            String coding = asksUsage || attempt.mayMeetCap()
                    ? "identity"
                    : HeaderRules.narrowedEncoding(request.getHeader(HeaderRules.ACCEPT_ENCODING));
            headers.remove(HeaderRules.ACCEPT_ENCODING);
            if (coding != null) {
                headers.set(HeaderRules.ACCEPT_ENCODING, coding);
            }
        }
        config.webhook().ifPresent(webhook -> Webhooks.takeOffSecret(webhook.signature(), headers));
        boolean ours = authorize(config, headers, call.query);
        String query = PresentedKey.withoutKey(call.query);
        return new Outbound(call, query == null ? call.path : call.path + "?" + query, headers, asksUsage,
                attempt.admitted.outputLimit(), ours);
    }

    private static boolean asksUsage(Call call) {
        RequestFacts facts = call.facts;
        return facts != null && call.dialect != null && call.config().askUsage() && call.dialect.mustAskUsage(facts);
    }

    /// Puts the credential where the upstream expects it: Weir's own, or with `client-credential: pass` the client's, which
    /// never is a Weir key (G9.4).
    ///
    /// @return whether it is Weir's own
    private static boolean authorize(RouteConfig config, MultiMap headers, @Nullable String query) {
        if (config.passClientCredential()) {
            PresentedKey.dropWeirKeys(headers);
            String inQuery = PresentedKey.providerKeyIn(query);
            if (inQuery != null && !config.credentialForm().signs()
                    && !headers.contains(config.credentialForm().header())) {
                headers.set(config.credentialForm().header(), config.credentialForm().value(Secret.of(inQuery)));
            }
            return false;
        }
        if (config.credentialForm().signs()) {
            // Made of the whole request, when it is complete: Upstream.sign.
            return config.credential() instanceof Credential.Given;
        }
        if (config.credential() instanceof Credential.Given(var secret)) {
            headers.set(config.credentialForm().header(), config.credentialForm().value(secret));
            return true;
        }
        return false;
    }

    /// The body as it goes upstream: the held bytes, or a copy with the wanted changes spliced in.
    Buffer body(HeldBody held) {
        RequestFacts facts = call.facts;
        if (facts == null || call.dialect == null || !asksUsage && outputLimit.isEmpty()) {
            return held.buffer();
        }
        byte[] bytes = held.bytes();
        return Buffer.buffer(call.dialect.edit(facts, bytes, held.length(), outputLimit, asksUsage,
                call.config().outputLimitField().orElse(null)));
    }
}
