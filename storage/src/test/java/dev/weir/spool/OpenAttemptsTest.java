package dev.weir.spool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Which attempts a died process left open, and as what they are recovered.
class OpenAttemptsTest {
    private final OpenAttempts attempts = new OpenAttempts();

    @Test
    void whatAnOlderVersionOpenedIsClosedByTheRecordOfANewerOne() throws Exception {
        see(RecordType.OPEN, Events.opened("call"), 1);
        assertThat(attempts.size()).isOne();

        see(RecordType.RECOVERED, Events.opened("call"), 2);

        assertThat(attempts.size()).isZero();
    }

    @Test
    void theToolsThatWereAskedForAreInTheRecoveredEvent() throws Exception {
        var asked = ToolCounts.of("search").plus("search").plus("fetch");
        see(RecordType.OPEN, Events.event("call", Outcome.INTERRUPTED,
                Quantities.of(Meter.TOOL_CALLS, 3, Provenance.BOUND)).withTools(asked), 2);
        var progress = new PayloadWriter().start();
        EventCodec.writeProgress(progress, "call", 1, Quantities.NONE, new WireBytes(1, 2, 3, 4));
        attempts.see(frame(progress, RecordType.PROGRESS), 0);

        UsageEvent recovered = List.copyOf(attempts.interrupted(new int[1])).getFirst();

        assertThat(recovered.tools()).isEqualTo(asked);
        assertThat(recovered.quantities().amount(Meter.TOOL_CALLS)).isEqualTo(asked.total());
        assertThat(recovered.bytes()).isEqualTo(new WireBytes(1, 2, 3, 4));
    }

    /// A cap on bytes reserves no tokens, and its first slice is not all that a long answer reserves.
    @Test
    void whatWasReservedDoesNotHideWhatElseHadPassed() throws Exception {
        see(RecordType.OPEN, Events.event("call", Outcome.INTERRUPTED, Quantities.builder()
                .set(Meter.EGRESS_BYTES, 65_536, Provenance.BOUND)
                .set(Meter.TOKENS_IN, 100, Provenance.BOUND)
                .build()), 2);
        var progress = new PayloadWriter().start();
        EventCodec.writeProgress(progress, "call", 1, Quantities.builder()
                .reported(Meter.EGRESS_BYTES, 70_000)
                .reported(Meter.TOKENS_IN, 60)
                .reported(Meter.TOKENS_OUT, 9)
                .build(), WireBytes.NONE);
        attempts.see(frame(progress, RecordType.PROGRESS), 0);

        UsageEvent recovered = List.copyOf(attempts.interrupted(new int[1])).getFirst();

        assertThat(recovered.quantities()).isEqualTo(Quantities.builder()
                .reported(Meter.EGRESS_BYTES, 70_000)
                .set(Meter.TOKENS_IN, 100, Provenance.BOUND)
                .reported(Meter.TOKENS_OUT, 9)
                .build());
    }

    /// It gave something back while it ran, which another may have by now.
    @Test
    void anAttemptThatWasReopenedIsWhatItWasReopenedWith() throws Exception {
        see(RecordType.OPEN, Events.event("call", Outcome.INTERRUPTED,
                Quantities.of(Meter.TOKENS_IN, 4_000, Provenance.BOUND)), 2);
        var progress = new PayloadWriter().start();
        EventCodec.writeProgress(progress, "call", 1, Quantities.NONE, new WireBytes(1, 2, 3, 4));
        attempts.see(frame(progress, RecordType.PROGRESS), 0);
        see(RecordType.OPEN, Events.event("call", Outcome.INTERRUPTED,
                Quantities.of(Meter.TOKENS_IN, 50, Provenance.BOUND)), 2);

        List<UsageEvent> recovered = attempts.interrupted(new int[1]);

        assertThat(recovered).hasSize(1);
        assertThat(recovered.getFirst().quantities().amount(Meter.TOKENS_IN)).isEqualTo(50);
        assertThat(recovered.getFirst().bytes()).isEqualTo(new WireBytes(1, 2, 3, 4));
    }

    /// Version 1 ended before the tools.
    private void see(RecordType type, UsageEvent event, int version) throws Exception {
        var writer = new PayloadWriter().start();
        EventCodec.write(writer, event);
        byte[] frame = frame(writer, type);
        frame[RecordLayout.HEADER_BYTES] = (byte) version;
        attempts.see(frame, 0);
    }

    private static byte[] frame(PayloadWriter writer, RecordType type) {
        int bytes = writer.end(type);
        return Arrays.copyOf(writer.frame, bytes);
    }
}
