package dev.weir.exchange;

import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.dialect.RequestFacts;
import dev.weir.dialect.RequestHead;
import dev.weir.dialect.RequestReading;
import dev.weir.meter.InputCount;
import dev.weir.meter.Tokenizers;
import io.vertx.core.http.HttpServerRequest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Reads held request bodies: once for what is asked, and once more, off the loop, where tokens must be counted.
final class RequestBodies {
    private RequestBodies() {}

    /// Notes in `call` what the body says.
    ///
    /// @return why the call may not go on, null where it may
    static @Nullable Refusal read(Call call, HeldBody held, HttpServerRequest request, ExchangeLoop loop) {
        if (call.isWebhook()) {
            return Webhooks.identify(call, held, request.headers(), loop.directory(), call.time);
        }
        String coding = request.getHeader("content-encoding");
        if (coding != null && !coding.equalsIgnoreCase("identity")) {
            return Refusal.of(RefusalCode.BAD_REQUEST,
                    "The request body has the content coding '" + HeaderRules.shortened(coding)
                            + "'. Weir reads bodies of this API without one: send it uncompressed.");
        }
        if (call.mcp != null) {
            return call.mcp.read(held, request.headers());
        }
        var head = new RequestHead(call.method, call.path, call.provider(), request.getHeader("content-type"));
        return switch (Objects.requireNonNull(call.dialect).readRequest(head, held.bytes(), held.length())) {
            case RequestReading.Unreadable(String why) -> Refusal.of(RefusalCode.BAD_REQUEST, why);
            case RequestReading.Facts(RequestFacts facts) -> {
                call.facts = facts;
                yield null;
            }
        };
    }

    /// At most so many input tokens, by the model's tokenizer. Worker threads only: a millisecond per some 15 KB.
    static long countInput(Call call, HeldBody held, Tokenizers tokenizers) {
        RequestFacts facts = Objects.requireNonNull(call.facts);
        return InputCount.atMost(facts.prompt(), held.bytes(), facts.model(), tokenizers).tokens();
    }
}
