package dev.weir.event;

import dev.weir.money.Money;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The immutable fact of one attempt, or of one refusal: metadata only, no prompt, no answer, no tool argument.
///
/// One client call makes one or more attempts; each is its own event with the same `callId`, and so is usage that the provider
/// tells only later. The identity ([EventId]) is
/// given when the event is kept, so it is not part of this record.
///
/// @param callId ours, 1 to 64 characters; the client sees it as `X-Weir-Request-Id`
/// @param attempt 1 for the first upstream request of the call; a refusal is attempt 1 too
/// @param time the moment of admission (or of refusal): window, day and price version follow from it
/// @param tenant null only where no key was recognised
/// @param route the configured name; empty where no route matched
/// @param provider `openai`, `anthropic`, …; empty where no route matched
/// @param modelAsked as the request names it
/// @param modelAnswered as the answer names it; this one is priced where present
/// @param providerRequestId the provider's id of the request; where its usage comes later, of the object it created
/// @param quantities what was metered, with provenance; never [dev.weir.usage.Meter#TOKENS] (derived) or `cost`
/// @param bytes payload on the four edges
/// @param clientStatus the HTTP status sent to the client, 0 where none was
/// @param upstreamStatus the HTTP status received, 0 where none was
/// @param latencyNanos from the request's head to the end of the attempt
/// @param firstTokenNanos from the request's head to the first payload byte of the answer, -1 where none came
/// @param clientRetryCount what the client's SDK says in `x-stainless-retry-count`, 0 where it says nothing
/// @param retryAfterSeconds what a 429 or 503 of the upstream asked for, -1 where it did not
/// @param reasonCode why it was refused or cut: a code of the closed list of the refusals, null where it was not
/// @param priceVersion the price book version fixed at admission, null where nothing was to be priced
/// @param cost at list price; null is "unpriced", never free
/// @param flags oddities an operator should see
/// @param tools which tools the `tool_calls` were calls of, by name, and their sum is that meter's amount; where Weir died
///        meanwhile, those that were asked for
/// @param costReported what the provider says it charges, where it says so (OpenRouter, xAI, Perplexity); beside `cost`, never
///        in its place; null where it does not
public record UsageEvent(String callId, int attempt, Instant time, @Nullable TenantId tenant, @Nullable KeyId key,
        @Nullable String user, String route, String provider, @Nullable String modelAsked,
        @Nullable String modelAnswered,
        @Nullable String region, @Nullable String serviceTier, @Nullable String providerRequestId,
        Attribution attribution,
        Quantities quantities, WireBytes bytes, int clientStatus, int upstreamStatus, long latencyNanos,
        long firstTokenNanos,
        int clientRetryCount, long retryAfterSeconds, Outcome outcome, @Nullable String reasonCode,
        @Nullable String priceVersion, @Nullable Money cost, Flags flags, ToolCounts tools,
        @Nullable Money costReported) {
    public UsageEvent {
        if (callId.isEmpty() || callId.length() > 64 || attempt < 1) {
            throw new IllegalArgumentException(
                    "an event has a call id of 1 to 64 characters and an attempt of 1 or more");
        }
    }

    /// An event in which no tool was called.
    public UsageEvent(String callId, int attempt, Instant time, @Nullable TenantId tenant, @Nullable KeyId key,
            @Nullable String user, String route, String provider, @Nullable String modelAsked,
            @Nullable String modelAnswered,
            @Nullable String region, @Nullable String serviceTier, @Nullable String providerRequestId,
            Attribution attribution,
            Quantities quantities, WireBytes bytes, int clientStatus, int upstreamStatus, long latencyNanos,
            long firstTokenNanos,
            int clientRetryCount, long retryAfterSeconds, Outcome outcome, @Nullable String reasonCode,
            @Nullable String priceVersion, @Nullable Money cost, Flags flags) {
        this(callId, attempt, time, tenant, key, user, route, provider, modelAsked, modelAnswered, region, serviceTier,
                providerRequestId, attribution, quantities, bytes, clientStatus, upstreamStatus, latencyNanos,
                firstTokenNanos, clientRetryCount, retryAfterSeconds, outcome, reasonCode, priceVersion, cost, flags,
                ToolCounts.NONE, null);
    }

    /// The model a report groups by: the one that answered, else the one asked for.
    public @Nullable String model() {
        return modelAnswered != null ? modelAnswered : modelAsked;
    }

    /// The same event at another cost.
    public UsageEvent withCost(Money other) {
        return new UsageEvent(callId, attempt, time, tenant, key, user, route, provider, modelAsked, modelAnswered,
                region,
                serviceTier, providerRequestId, attribution, quantities, bytes, clientStatus, upstreamStatus,
                latencyNanos,
                firstTokenNanos, clientRetryCount, retryAfterSeconds, outcome, reasonCode, priceVersion, other, flags,
                tools, costReported);
    }

    /// The same event with these tools.
    public UsageEvent withTools(ToolCounts called) {
        return new UsageEvent(callId, attempt, time, tenant, key, user, route, provider, modelAsked, modelAnswered,
                region,
                serviceTier, providerRequestId, attribution, quantities, bytes, clientStatus, upstreamStatus,
                latencyNanos,
                firstTokenNanos, clientRetryCount, retryAfterSeconds, outcome, reasonCode, priceVersion, cost, flags,
                called, costReported);
    }

    /// The same event with what the provider says it charges.
    public UsageEvent withCostReported(@Nullable Money told) {
        return new UsageEvent(callId, attempt, time, tenant, key, user, route, provider, modelAsked, modelAnswered,
                region,
                serviceTier, providerRequestId, attribution, quantities, bytes, clientStatus, upstreamStatus,
                latencyNanos,
                firstTokenNanos, clientRetryCount, retryAfterSeconds, outcome, reasonCode, priceVersion, cost, flags,
                tools, told);
    }
}
