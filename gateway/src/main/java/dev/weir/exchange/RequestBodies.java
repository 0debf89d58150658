package dev.weir.exchange;

import dev.weir.dialect.Dialect;
import dev.weir.dialect.RequestFacts;
import dev.weir.dialect.RequestHead;
import dev.weir.dialect.RequestReading;
import dev.weir.meter.InputCount;
import dev.weir.meter.Tokenizers;
import io.vertx.core.http.HttpServerRequest;
import java.util.Objects;

/// Reads held request bodies: once for what is asked, and once more, off the loop, where tokens must be counted.
final class RequestBodies {
    private RequestBodies() {}

    static RequestReading read(Call call, HeldBody held, HttpServerRequest request) {
        Dialect dialect = Objects.requireNonNull(call.dialect);
        String coding = request.getHeader("content-encoding");
        if (coding != null && !coding.equalsIgnoreCase("identity")) {
            return new RequestReading.Unreadable(
                    "The request body has the content coding '" + HeaderRules.shortened(coding)
                            + "'. Weir reads bodies of this API without one: send it uncompressed.");
        }
        return dialect.readRequest(
                new RequestHead(call.method, call.path, call.provider(), request.getHeader("content-type")),
                held.bytes(), held.length());
    }

    /// At most so many input tokens, by the model's tokenizer. Worker threads only: a millisecond per some 15 KB.
    static long countInput(Call call, HeldBody held, Tokenizers tokenizers) {
        RequestFacts facts = Objects.requireNonNull(call.facts);
        return InputCount.atMost(facts.prompt(), held.bytes(), facts.model(), tokenizers).tokens();
    }
}
