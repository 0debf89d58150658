package dev.weir.admission;

import dev.weir.rating.Sku;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Identity;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All that admission needs to know of one attempt.
///
/// @param caller whose key it is
/// @param route the configured name
/// @param sku provider, model, region and service tier of an `llm` call; null for the other kinds
/// @param attributed whom the client says it is for
/// @param moment of admission: windows, day and price version follow from it
/// @param attempt 1 for the first; `calls` counts that one, `retries` the others
/// @param input what is known of the input tokens
/// @param output what the request says of the answer
/// @param audio whether input or answer may hold audio
/// @param others upper bounds of what is not tokens: tool calls, reads, writes, webhook ingests, images, searches, seconds,
///        bytes declared or the first slice; absent is 0
public record AdmissionRequest(Identity.Known caller, String route, @Nullable Sku sku, Attributed attributed,
        Instant moment, int attempt, Input input, Output output, boolean audio, Quantities others)
        implements
            Subject {
    private static final Quantities ONE_READ = Quantities.builder()
            .set(Meter.TOOL_CALLS, 1, Provenance.BOUND)
            .set(Meter.READS, 1, Provenance.BOUND)
            .build();
    private static final Quantities ONE_WRITE = Quantities.builder()
            .set(Meter.TOOL_CALLS, 1, Provenance.BOUND)
            .set(Meter.WRITES, 1, Provenance.BOUND)
            .build();
    private static final Quantities ONE_INGEST = Quantities.of(Meter.WEBHOOK_INGESTS, 1, Provenance.BOUND);

    public AdmissionRequest {
        if (attempt < 1) {
            throw new IllegalArgumentException("attempts count from 1, not " + attempt);
        }
    }

    /// The first attempt of a text call to a model, with nothing but tokens.
    public static AdmissionRequest llm(Identity.Known caller, String route, Sku sku, Attributed attributed,
            Instant moment, Input input, Output output) {
        return new AdmissionRequest(caller, route, sku, attributed, moment, 1, input, output, false, Quantities.NONE);
    }

    /// The first attempt of a connector's call: one tool call, and one read or one write.
    public static AdmissionRequest connector(Identity.Known caller, String route, boolean write,
            Attributed attributed, Instant moment) {
        return other(caller, route, attributed, moment, write ? ONE_WRITE : ONE_READ);
    }

    /// The first attempt of an MCP request.
    ///
    /// @param toolCalls how many `tools/call` it holds, inside a batch too
    public static AdmissionRequest mcp(Identity.Known caller, String route, int toolCalls, Attributed attributed,
            Instant moment) {
        return other(caller, route, attributed, moment,
                Quantities.of(Meter.TOOL_CALLS, toolCalls, Provenance.BOUND));
    }

    /// The first attempt of a webhook's delivery.
    public static AdmissionRequest webhook(Identity.Known caller, String route, Attributed attributed, Instant moment) {
        return other(caller, route, attributed, moment, ONE_INGEST);
    }

    private static AdmissionRequest other(Identity.Known caller, String route, Attributed attributed, Instant moment,
            Quantities others) {
        return new AdmissionRequest(caller, route, null, attributed, moment, 1, Input.NONE, Output.NONE, false,
                others);
    }

    /// The same call as a later attempt.
    public AdmissionRequest retried(int laterAttempt, Instant laterMoment) {
        return new AdmissionRequest(caller, route, sku, attributed, laterMoment, laterAttempt, input, output, audio,
                others);
    }

    /// The same call with another bound for what is not tokens.
    public AdmissionRequest withOthers(Quantities bounds) {
        return new AdmissionRequest(caller, route, sku, attributed, moment, attempt, input, output, audio, bounds);
    }

    public AdmissionRequest withInput(Input known) {
        return new AdmissionRequest(caller, route, sku, attributed, moment, attempt, known, output, audio, others);
    }

    public AdmissionRequest withAudio() {
        return new AdmissionRequest(caller, route, sku, attributed, moment, attempt, input, output, true, others);
    }

    /// The user limits count: the key's, else the one the client names.
    public @Nullable String user() {
        return caller.user() != null ? caller.user() : attributed.user();
    }

    @Override
    public @Nullable String entity(Entity.Kind kind) {
        return switch (kind) {
            case TENANT -> caller.tenant().id().value();
            case KEY -> caller.key().value();
            case USER -> user();
            case ROUTE -> route;
            case MODEL -> sku == null ? null : sku.model();
            case RUN -> attributed.run();
            case TAG -> null;
        };
    }

    @Override
    public Map<String, String> tags() {
        return attributed.tags();
    }
}
