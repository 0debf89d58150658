package dev.weir.exchange;

import dev.weir.admission.AdmissionRequest;
import dev.weir.admission.Attributed;
import dev.weir.admission.Input;
import dev.weir.admission.Output;
import dev.weir.dialect.PromptText;
import dev.weir.dialect.RequestFacts;
import dev.weir.rating.Sku;
import dev.weir.tenant.Identity;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.util.Objects;

/// Says to admission what is known of a call.
final class AdmissionRequests {
    private AdmissionRequests() {}

    /// @param declared the request's `Content-Length`, -1 where it declares none
    static AdmissionRequest of(Call call, int attempt, long declared) {
        long declaredBytes = call.facts == null ? declared : call.clientIn;
        Identity.Known caller = Objects.requireNonNull(call.caller);
        var attributed = new Attributed(call.user, call.attribution.run(), call.attribution.tags());
        RequestFacts facts = call.facts;
        if (facts != null) {
            return new AdmissionRequest(caller, call.routeName(), sku(call, facts), attributed, call.time, attempt,
                    input(call, facts.prompt()), output(call, facts), facts.audio(), others(call, declaredBytes));
        }
        if (call.dialect != null && !call.dialect.freeOfTokens()) {
            return new AdmissionRequest(caller, call.routeName(),
                    new Sku(call.provider(), "", call.config().region(), null), attributed, call.time, attempt,
                    new Input.Unbounded(call.dialect.unread()), Output.NONE, false, others(call, declaredBytes));
        }
        return new AdmissionRequest(caller, call.routeName(), null, attributed, call.time, attempt, Input.NONE,
                Output.NONE, false,
                others(call, declaredBytes));
    }

    private static Sku sku(Call call, RequestFacts facts) {
        String model = facts.model() == null ? "" : facts.model().value();
        return new Sku(call.provider(), model, call.config().region(), facts.options());
    }

    private static Input input(Call call, PromptText prompt) {
        if (call.isSession()) {
            return new Input.Unbounded("a realtime session");
        }
        String unseen = prompt.unseen();
        return unseen != null ? new Input.Unseen(unseen) : new Input.AtMost(prompt.boundTokens(), 0);
    }

    private static Output output(Call call, RequestFacts facts) {
        if (facts.outputMost().isPresent()) {
            return new Output(facts.outputMost().getAsLong(), Math.toIntExact(facts.choices()), 1, false);
        }
        return new Output(facts.outputLimit().orElse(Output.NO_LIMIT),
                Math.toIntExact(Math.min(facts.choices(), Integer.MAX_VALUE)),
                facts.outputLimitMin(), true);
    }

    private static Quantities others(Call call, long declaredBytes) {
        var others = call.facts == null ? Quantities.builder() : call.facts.others().toBuilder();
        switch (call.kind()) {
            case LLM -> {
            }
            case CONNECTOR -> {
                others.set(Meter.TOOL_CALLS, 1, Provenance.BOUND);
                others.set(call.isRead() ? Meter.READS : Meter.WRITES, 1, Provenance.BOUND);
            }
            case MCP -> {
                long asked = Objects.requireNonNull(call.mcp).asked().total();
                if (asked > 0) {
                    others.set(Meter.TOOL_CALLS, asked, Provenance.BOUND);
                }
            }
            case WEBHOOK -> others.set(Meter.WEBHOOK_INGESTS, 1, Provenance.BOUND);
        }
        if (declaredBytes > 0) {
            if (!call.isWebhook()) {
                others.set(Meter.EGRESS_BYTES, declaredBytes, Provenance.BOUND);
            }
            others.set(Meter.INGRESS_BYTES, declaredBytes, Provenance.BOUND);
        }
        return others.build();
    }
}
