package dev.weir.exchange;

import java.util.List;
import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.McpRequest;
import dev.weir.dialect.RequestFacts;
import dev.weir.dialect.UsageChunkFilter;
import dev.weir.meter.InputCount;
import dev.weir.meter.StreamMeter;
import dev.weir.meter.TokenCount;
import dev.weir.meter.Tokenizers;
import dev.weir.meter.ToolCallMeter;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import dev.weir.usage.UsageReading;
import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Reads one answer as it passes: shows every byte to the meter and takes out the usage chunk that Weir itself asked for.
///
/// Event loop of the exchange, but for [#finish], which may run on a worker when nothing passes any more.
final class AnswerReader implements AnswerSoFar {
    private static final UsageReading NOTHING_TO_METER = new UsageReading.Reported(Quantities.NONE);

    private final @Nullable StreamMeter meter;
    private final @Nullable ToolCallMeter toolCalls;
    private final boolean succeeded;
    private final boolean plain;
    private final @Nullable UsageChunkFilter filter;
    private final Call call;
    private final @Nullable HeldBody body;
    private final Tokenizers tokenizers;

    /// @param body the request's, where it was read
    /// @param asksUsage whether the usage chunk must be taken out
    /// @param workers where long text is counted while it passes
    AnswerReader(Call call, HttpClientResponse answer, @Nullable HeldBody body, boolean asksUsage,
            Tokenizers tokenizers, Executor workers) {
        this.call = call;
        this.body = body;
        this.tokenizers = tokenizers;
        Dialect dialect = call.dialect;
        String coding = answer.getHeader("content-encoding");
        this.meter = dialect == null
                ? null
                : new StreamMeter(dialect, answer.statusCode(), coding, answer::getHeader,
                        call.facts == null ? null : call.facts.model(), tokenizers, inputAtMost(call), workers);
        McpRequest asked = call.mcp == null ? null : call.mcp.request;
        this.toolCalls = asked == null || asked.calls().isEmpty() ? null : new ToolCallMeter(asked, coding);
        this.succeeded = answer.statusCode() >= 200 && answer.statusCode() < 400;
        this.plain = coding == null || coding.equalsIgnoreCase("identity");
        this.filter = asksUsage && plain && answer.statusCode() < 300 ? new UsageChunkFilter() : null;
    }

    private static @Nullable TokenCount inputAtMost(Call call) {
        return call.facts == null || call.facts.prompt().unseen() != null || call.facts.prompt().boundTokens() == 0
                ? null
                : new TokenCount(call.facts.prompt().boundTokens(), Provenance.BOUND);
    }

    /// Whether the answer comes without a content coding.
    boolean isPlain() {
        return plain;
    }

    /// Whether every byte passes, so that a declared length stays true.
    boolean keepsLength() {
        return filter == null;
    }

    /// @return what goes on to the client: the chunk itself, or what is left of it
    Buffer read(Buffer chunk) {
        if (meter == null && toolCalls == null) {
            return chunk;
        }
        byte[] bytes = array(chunk);
        int offset = offset(chunk);
        look(bytes, offset, chunk.length());
        if (filter == null) {
            return chunk;
        }
        Buffer passing = Buffer.buffer(chunk.length());
        forward(bytes, offset, chunk.length(), passing);
        return passing;
    }

    /// Shows the meter what passes.
    void look(byte[] bytes, int offset, int length) {
        if (meter != null) {
            meter.accept(bytes, offset, length);
        } else if (toolCalls != null) {
            toolCalls.accept(bytes, offset, length);
        }
    }

    /// From now on [#outputAtLeast] knows of the text that passes.
    void watchOutput() {
        if (meter != null && call.facts != null) {
            meter.watchOutput(call.facts.choices());
        }
    }

    /// Whether not every byte passes.
    boolean changes() {
        return filter != null;
    }

    /// Appends what goes on to the client.
    void forward(byte[] bytes, int offset, int length, Buffer target) {
        if (filter == null) {
            target.appendBytes(bytes, offset, length);
        } else {
            filter.accept(bytes, offset, length, (array, at, some) -> target.appendBytes(array, at, some));
        }
    }

    /// The array in which a chunk stands, from [#offset] on; a copy of it where it stands in none.
    static byte[] array(Buffer chunk) {
        ByteBuf bytes = ((BufferInternal) chunk).getByteBuf();
        return bytes.hasArray() ? bytes.array() : chunk.getBytes();
    }

    static int offset(Buffer chunk) {
        ByteBuf bytes = ((BufferInternal) chunk).getByteBuf();
        return bytes.hasArray() ? bytes.arrayOffset() + bytes.readerIndex() : 0;
    }

    /// The input as the provider told it before the answer's end; see [StreamMeter#inputSoFar].
    long inputSoFar() {
        return meter == null ? AnswerFacts.UNTOLD : meter.inputSoFar();
    }

    /// So many output tokens have passed for certain, maybe more; see [StreamMeter#outputAtLeast].
    long outputAtLeast() {
        return meter == null ? 0 : meter.outputAtLeast();
    }

    /// What was held back and passes after all, the answer being over.
    Buffer tail() {
        Buffer tail = Buffer.buffer();
        if (filter != null) {
            filter.finish((array, at, some) -> tail.appendBytes(array, at, some));
        }
        return tail;
    }

    /// Whether [#finish] needs no counting of text.
    boolean finishesAtOnce(boolean complete) {
        return meter == null || meter.finishesAtOnce(complete);
    }

    UsageReading finish(boolean complete) {
        if (toolCalls != null) {
            return toolCalls.finish(succeeded);
        }
        UsageReading reading = meter == null ? NOTHING_TO_METER : meter.finish(complete);
        return switch (reading) {
            case UsageReading.Reported reported -> reported;
            case UsageReading.Estimated(Quantities estimated, String reason) ->
                new UsageReading.Estimated(withAskedFor(withCountedInput(estimated)), reason);
            case UsageReading.Missing missing -> askedFor(missing, complete);
            case UsageReading.Deferred later -> later;
            case UsageReading.Earlier told -> told;
            case UsageReading.Elsewhere named -> named;
        };
    }

    /// What the request asked for stands in for what the answer did not tell to its end: a provider that was asked for three
    /// images has made them, and a length that no field limits is bounded by what was asked for.
    private Quantities withAskedFor(Quantities estimated) {
        RequestFacts facts = call.facts;
        Dialect dialect = call.dialect;
        if (facts == null || dialect == null || !dialect.ordersOthers()) {
            return estimated;
        }
        return estimated.with(all -> {
            facts.others().forEach((meter, amount, provenance) -> atLeast(all, meter, amount, provenance));
            if (dialect.putsOutText()) {
                return;
            }
            facts.outputMost()
                    .ifPresent(most -> atLeast(all, Meter.TOKENS_OUT, most * facts.choices(), Provenance.BOUND));
        });
    }

    private static void atLeast(Quantities.Builder all, Meter meter, long amount, Provenance provenance) {
        if (!all.has(meter) || all.amount(meter) < amount) {
            all.set(meter, amount, provenance);
        }
    }

    /// An answer that tells nothing because all that is sold was in the request: characters to speak.
    private UsageReading askedFor(UsageReading.Missing missing, boolean complete) {
        Quantities asked = withAskedFor(Quantities.NONE);
        if (asked.isEmpty()) {
            return missing;
        }
        boolean exact = complete && asked.isReported();
        return exact ? new UsageReading.Reported(asked) : new UsageReading.Estimated(asked, missing.reason());
    }

    /// Where no frame of the answer told the input, counting beats the bound by bytes.
    private Quantities withCountedInput(Quantities estimated) {
        if (body == null || call.facts == null || !estimated.has(Meter.TOKENS_IN)
                || estimated.provenance(Meter.TOKENS_IN) != Provenance.BOUND) {
            return estimated;
        }
        TokenCount counted = InputCount.estimate(call.facts.prompt(), body.bytes(), call.facts.model(), tokenizers);
        return estimated.with(all -> all.set(Meter.TOKENS_IN, counted.tokens(), counted.provenance()));
    }

    /// What the provider said so far of this call's usage; an answer about an earlier call says nothing of that.
    @Override
    public Quantities soFar() {
        if (toolCalls != null) {
            return toolCalls.soFar();
        }
        boolean another = call.dialect != null && call.dialect.looksUp();
        return meter == null || another ? Quantities.NONE : meter.facts().quantities();
    }

    /// The tools of the calls that the reading counts; ask when the answer is over.
    @Override
    public ToolCounts tools() {
        return toolCalls == null ? ToolCounts.NONE : toolCalls.tools(succeeded);
    }

    @Override
    public Quantities billed() {
        return meter == null ? Quantities.NONE : meter.facts().billed();
    }

    boolean errorInside() {
        return meter != null && meter.facts().error() != null || toolCalls != null && toolCalls.onlyErrors();
    }

    @Override
    public @Nullable String model() {
        ModelId model = meter == null ? null : meter.facts().model();
        return model == null ? null : model.value();
    }

    @Override
    public @Nullable String serviceTier() {
        return meter == null ? null : meter.facts().serviceTier();
    }

    /// Whether the answer names something that still runs, and tells its usage when it is asked for again.
    @Override
    public boolean usageComesLater() {
        return meter != null && meter.facts().usage() == AnswerFacts.Usage.LATER;
    }

    @Override
    public long costReportedPicos() {
        return meter == null ? AnswerFacts.NO_COST : meter.facts().costReportedPicos();
    }

    @Override
    public List<AnswerFacts.Side> sides() {
        return meter == null ? List.of() : meter.facts().sides();
    }

    @Override
    public long requests() {
        return meter == null ? 1 : meter.facts().requests();
    }

    @Override
    public @Nullable String answerId() {
        return meter == null ? null : meter.facts().id();
    }
}
