package dev.weir.exchange;

import dev.weir.config.UpstreamDeadlines;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Which deadline a call has passed (G7), asked a few times a second for every call that runs. Pure.
final class Deadlines {
    /// What has gone on for too long.
    enum Passed {
        NONE,
        /// The whole call.
        CALL,
        /// The client's body.
        BODY,
        /// The upstream, before the first byte of its answer.
        FIRST_BYTE,
        /// The upstream, between two pieces of its answer.
        SILENCE,
        /// The client took nothing of what waits for it.
        WRITE_STALL,
        /// The upstream, since nobody waits for its answer but the meter.
        READ_ON
    }

    private final ExchangeLimits limits;

    Deadlines(ExchangeLimits limits) {
        this.limits = limits;
    }

    /// How long a side may take nothing.
    long writeStallNanos() {
        return limits.writeStall().toNanos();
    }

    /// @param inStateNanos how long the call has been in its state
    /// @param stalledByClient whether the answer waits for the client to take it
    Passed passed(Call call, ExchangeState state, long inStateNanos, @Nullable Attempt attempt, boolean stalledByClient,
            long nowNanos) {
        if (call.route == null) {
            return Passed.NONE;
        }
        if (call.isListening()) {
            return listening(call, state, attempt, stalledByClient, nowNanos);
        }
        UpstreamDeadlines upstream = call.config().deadlines();
        if (nowNanos - call.startedNanos > upstream.call().toNanos()) {
            return Passed.CALL;
        }
        long silent = attempt == null ? 0 : attempt.silentNanos(nowNanos);
        return switch (state) {
            case HOLDING_BODY -> isTooSlow(call.clientIn, inStateNanos) ? Passed.BODY : Passed.NONE;
            case AWAITING_ANSWER -> silent > upstream.firstByte().toNanos() ? Passed.FIRST_BYTE : Passed.NONE;
            case STREAMING -> stalledByClient
                    ? silent > limits.writeStall().toNanos() ? Passed.WRITE_STALL : Passed.NONE
                    : silent > upstream.silence().toNanos() ? Passed.SILENCE : Passed.NONE;
            case READING_ON -> inStateNanos > call.config().cutStreams().readOnFor().toNanos()
                    || silent > upstream.silence().toNanos() ? Passed.READ_ON : Passed.NONE;
            case RECEIVED, ADMITTING, CONNECTING, SETTLING, RETRYING, ENDED -> Passed.NONE;
        };
    }

    /// Who listens waits for what may never come: silence ends nothing, but a client that takes nothing is as good as gone.
    private Passed listening(Call call, ExchangeState state, @Nullable Attempt attempt, boolean stalledByClient,
            long nowNanos) {
        if (nowNanos - call.startedNanos > call.config().mcp().listening().toNanos()) {
            return Passed.CALL;
        }
        boolean stalled = state == ExchangeState.STREAMING && stalledByClient && attempt != null
                && attempt.silentNanos(nowNanos) > limits.writeStall().toNanos();
        return stalled ? Passed.WRITE_STALL : Passed.NONE;
    }

    private boolean isTooSlow(long bytes, long nanos) {
        if (bytes == 0) {
            return nanos > limits.bodyFirstByte().toNanos();
        }
        return nanos > limits.bodyGrace().toNanos()
                && bytes < limits.bodyBytesPerSecondMin() * TimeUnit.NANOSECONDS.toSeconds(nanos);
    }
}
