package dev.weir.exchange;

import java.util.List;
import dev.weir.dialect.AnswerFacts;
import dev.weir.admission.Admission;
import dev.weir.admission.Refusal;
import dev.weir.config.RouteKind;
import dev.weir.event.Flags;
import dev.weir.event.Flags.Flag;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import org.jspecify.annotations.Nullable;

/// One upstream request of a call, and everything its event will say.
///
/// Event loop of the exchange only.
final class Attempt {
    private static final long PROGRESS_BYTES = 65_536;
    private static final long PROGRESS_NANOS = 1_000_000_000L;

    final Call call;
    final int number;
    /// What it holds of its limits; less, once its input is known.
    Admission.Admitted admitted;
    /// Null where no cap on bytes applies.
    final @Nullable ByteCaps byteCaps;
    /// The most output tokens that a cap lets it have, or [Admission#NO_CAP].
    final long outputReserved;

    private @Nullable HttpClientRequest upstreamRequest;
    private @Nullable AnswerSoFar reader;
    private @Nullable String providerRequestId;
    private final long clientInBefore;
    private boolean charged;
    private boolean inputKnown;
    private long firstByteNanos = -1;
    private long lastNanos;
    private long progressBytes;
    private long progressNanos;

    /// What its event must say, beside what its settlement finds.
    Flags flags;
    int upstreamStatus;
    int clientStatus;
    long retryAfterSeconds = HeaderNumbers.ABSENT;
    long upstreamOut;
    long upstreamIn;
    long clientOut;

    Attempt(Call call, int number, Admission.Admitted admitted, @Nullable ByteCaps byteCaps, long nowNanos) {
        this.call = call;
        this.byteCaps = byteCaps;
        this.outputReserved = admitted.outputReserved();
        this.number = number;
        this.admitted = admitted;
        this.flags = admitted.reservation().isOverdrawn() ? Flags.NONE.with(Flag.BUDGET_OPEN) : Flags.NONE;
        this.lastNanos = nowNanos;
        this.progressNanos = nowNanos;
        this.clientInBefore = number == 1 ? 0 : call.clientIn;
    }

    void sentOn(HttpClientRequest request, long nowNanos) {
        upstreamRequest = request;
        lastNanos = nowNanos;
    }

    /// Whether a cap may be met while its answer streams.
    boolean mayMeetCap() {
        return call.facts != null && call.facts.streaming()
                && (byteCaps != null || outputReserved != Admission.NO_CAP);
    }

    /// Whether so many bytes wait until this node is lent more, as [ByteCaps#waits] says.
    boolean waits(long in, long out, Runnable then) {
        return byteCaps != null && byteCaps.waits(in, out, then);
    }

    /// Takes bytes for received and sent, where a cap counts them.
    ///
    /// @return null where they may pass, else what stands against it
    @Nullable
    Refusal move(long in, long out) {
        return byteCaps == null ? null : byteCaps.move(in, out);
    }

    /// Payload went to the upstream.
    void sent(int bytes, long nowNanos) {
        upstreamOut += bytes;
        lastNanos = nowNanos;
    }

    void answered(HttpClientResponse answer, long retryAfter, long nowNanos) {
        upstreamStatus = answer.statusCode();
        retryAfterSeconds = retryAfter;
        providerRequestId = ProviderIds.of(answer.headers());
        if (call.mcp != null) {
            call.mcp.answered(answer.headers(), call.key());
        }
        lastNanos = nowNanos;
    }

    void readBy(AnswerSoFar answerReader) {
        reader = answerReader;
    }

    void received(int bytes, long nowNanos) {
        upstreamIn += bytes;
        lastNanos = nowNanos;
        if (firstByteNanos < 0) {
            firstByteNanos = nowNanos;
        }
    }

    /// Tells the upstream that nobody waits for it any more.
    void abandon() {
        if (upstreamRequest != null) {
            var _ = upstreamRequest.reset();
        }
    }

    /// Closes the connection of a request that did not go up whole, so that no other request is taken for its rest.
    void hangUp() {
        if (upstreamRequest != null) {
            var _ = upstreamRequest.connection().close();
        }
    }

    boolean wasSent() {
        return upstreamRequest != null;
    }

    /// Whether the provider has told the input just now, for the first time, and it can only be what it said: where the
    /// request has anything that Weir cannot see, more may be read later.
    boolean learnsInput(long told) {
        if (inputKnown || told <= 0 || !admitted.hardCapped() || call.facts == null
                || call.facts.prompt().unseen() != null) {
            return false;
        }
        inputKnown = true;
        return true;
    }

    /// The event that it becomes if Weir dies, were it to hold that.
    UsageEvent ifInterrupted(Admission.Admitted holding, long nowNanos) {
        return event(Outcome.INTERRUPTED, null, holding.reserved(), holding.costReserved(), Flags.NONE, nowNanos,
                asked());
    }

    /// Its reservation has ended.
    void charged() {
        charged = true;
    }

    boolean isCharged() {
        return charged;
    }

    /// What the provider said so far; nothing where that cannot be read.
    Quantities saidSoFar() {
        try {
            return reader == null ? Quantities.NONE : reader.soFar();
        } catch (RuntimeException | Error unreadable) {
            return Quantities.NONE;
        }
    }

    /// Whether a 2xx or 3xx head came, or a session was opened.
    boolean succeeded() {
        return upstreamStatus >= 200 && upstreamStatus < 400 || upstreamStatus == 101;
    }

    boolean mayHaveUsedTokens() {
        return call.dialect != null && !call.dialect.freeOfTokens();
    }

    /// Nanoseconds since something last came from or went to the upstream.
    long silentNanos(long nowNanos) {
        return nowNanos - lastNanos;
    }

    /// Whether a progress record is due: at least every 64 KiB or second of an answer (G1.2).
    boolean progressIsDue(long nowNanos) {
        return upstreamIn - progressBytes >= PROGRESS_BYTES
                || upstreamIn > progressBytes && nowNanos - progressNanos >= PROGRESS_NANOS;
    }

    void progressKept(long nowNanos) {
        progressBytes = upstreamIn;
        progressNanos = nowNanos;
    }

    WireBytes bytes() {
        return new WireBytes(call.clientIn - clientInBefore, upstreamOut, upstreamIn, clientOut);
    }

    @Nullable
    String model() {
        String answered = modelAnswered();
        return answered != null ? answered : call.modelAsked();
    }

    String region() {
        return call.config().region();
    }

    @Nullable
    String serviceTier() {
        String answered = reader == null ? null : reader.serviceTier();
        return answered != null || call.facts == null ? answered : call.facts.options();
    }

    @Nullable
    String modelAnswered() {
        return reader == null ? null : reader.model();
    }

    /// The tools of the calls that were carried out.
    ToolCounts tools() {
        return call.mcp == null ? ofConnector(succeeded()) : reader == null ? ToolCounts.NONE : reader.tools();
    }

    /// The tools of the calls that were asked for.
    ToolCounts asked() {
        return call.mcp != null ? call.mcp.asked() : ofConnector(true);
    }

    /// A connector's one tool is the system behind it.
    private ToolCounts ofConnector(boolean called) {
        return called && call.kind() == RouteKind.CONNECTOR ? ToolCounts.of(call.provider()) : ToolCounts.NONE;
    }

    /// Payload that Weir sent; a webhook's target is inside, and what goes there leaves nothing.
    long egress() {
        return call.isWebhook() ? clientOut : bytes().egress();
    }

    /// What the provider charges for where that is not what it counts; else empty.
    Quantities billed() {
        return reader == null ? Quantities.NONE : reader.billed();
    }

    private @Nullable Money costReported() {
        long picos = reader == null ? AnswerFacts.NO_COST : reader.costReportedPicos();
        return picos == AnswerFacts.NO_COST ? null : Money.ofPicos(picos);
    }

    /// What was used at another model's price.
    List<AnswerFacts.Side> sides() {
        return reader == null ? List.of() : reader.sides();
    }

    /// How many requests the answer told the usage of: 1, but for a batch.
    long requests() {
        return reader == null ? 1 : reader.requests();
    }

    /// Where the usage comes later, it comes by the id of the object.
    private @Nullable String providerId() {
        if (call.deliveryId != null) {
            return call.deliveryId;
        }
        if (reader != null && reader.usageComesLater()) {
            return reader.answerId();
        }
        return providerRequestId != null || reader == null ? providerRequestId : reader.answerId();
    }

    /// The event this attempt becomes if Weir dies before its settlement is kept.
    UsageEvent ifInterrupted(long nowNanos) {
        return ifInterrupted(admitted, nowNanos);
    }

    UsageEvent event(Outcome outcome, @Nullable String reason, Quantities quantities, @Nullable Money cost, Flags flags,
            long nowNanos, ToolCounts tools) {
        return new UsageEvent(call.id, number, call.time, call.tenant(), call.key(), call.user, call.routeName(),
                call.provider(),
                call.modelAsked(), modelAnswered(), region(), serviceTier(), providerId(), call.attribution, quantities,
                bytes(),
                clientStatus, upstreamStatus, nowNanos - call.startedNanos,
                firstByteNanos < 0 ? -1 : firstByteNanos - call.startedNanos, call.clientRetryCount, retryAfterSeconds,
                outcome,
                reason, admitted.priceVersion(), cost, flags, tools, costReported());
    }
}
