package dev.weir.exchange;

import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.SessionSetup;
import dev.weir.meter.SessionMeter;
import dev.weir.meter.Tokenizers;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import dev.weir.usage.UsageReading;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Reads the messages of one session as they pass: the server's for what was used, the client's first one for the model where the
/// handshake named none.
///
/// Event loop of the exchange, but for [#finish()], which may run on a worker when nothing passes any more.
final class SessionReader implements AnswerSoFar {
    private final Call call;
    private final SessionMeter meter;
    private @Nullable SessionSetup setup;
    private int usagesTold;

    /// @param workers where long text is counted while it passes
    SessionReader(Call call, Tokenizers tokenizers, Executor workers) {
        this.call = call;
        Dialect dialect = Objects.requireNonNull(call.dialect);
        this.meter = new SessionMeter(dialect, () -> call.facts == null ? null : call.facts.model(), tokenizers,
                workers);
        this.setup = call.modelAsked() == null ? new SessionSetup() : null;
    }

    void server(byte[] bytes, int from, int to) {
        meter.accept(bytes, from, to - from);
    }

    /// @return whether the message told what something has used
    boolean serverMessageEnd() {
        meter.messageEnd();
        int before = usagesTold;
        usagesTold = meter.usagesTold();
        return usagesTold > before;
    }

    /// Whether the client's message is of interest.
    boolean readsClient() {
        return setup != null;
    }

    void client(byte[] plain, int length) {
        if (setup != null) {
            setup.accept(plain, 0, length);
        }
    }

    void clientMessageEnd() {
        ModelId model = setup == null ? null : setup.model();
        if (model != null && call.facts != null) {
            call.facts = call.facts.of(model);
        }
        setup = null;
    }

    /// Whether an answer runs, so that an end now cuts it.
    boolean isAnswering() {
        return !meter.facts().finished();
    }

    boolean finishesAtOnce() {
        return meter.finishesAtOnce();
    }

    UsageReading finish() {
        return meter.finish();
    }

    @Override
    public Quantities soFar() {
        return meter.facts().quantities();
    }

    @Override
    public Quantities billed() {
        return meter.facts().billed();
    }

    @Override
    public List<AnswerFacts.Side> sides() {
        return meter.facts().sides();
    }

    @Override
    public long costReportedPicos() {
        return meter.facts().costReportedPicos();
    }

    /// A model's tools are called by its client, not here.
    @Override
    public ToolCounts tools() {
        return ToolCounts.NONE;
    }

    @Override
    public boolean usageComesLater() {
        return false;
    }

    @Override
    public @Nullable String model() {
        ModelId model = meter.facts().model();
        return model == null ? null : model.value();
    }

    @Override
    public @Nullable String serviceTier() {
        return null;
    }

    @Override
    public @Nullable String answerId() {
        return meter.facts().id();
    }
}
