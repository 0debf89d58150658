package dev.weir.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.usage.Quantities;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventCodecTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 20261124})
    void anyEventIsReadAsItWasWritten(long seed) throws Exception {
        var random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            var event = Events.any(random, "call-" + i);
            assertThat(read(payload(event))).as("seed %d, event %d", seed, i).isEqualTo(event);
        }
    }

    @Test
    void aTextThatAnUpstreamMadeTooLongIsCutAtACharacter() throws Exception {
        var event = Events.event("call", Outcome.OK, Quantities.NONE);
        var long4 = "😀".repeat(5_000);
        var hostile = new UsageEvent(event.callId(), 1, event.time(), null, null, null, "r", "p", null, long4, null,
                null, null, event.attribution(), event.quantities(), event.bytes(), 0, 0, 0, 0, 0, 0, event.outcome(),
                null, null, null, event.flags());
        assertThat(read(payload(hostile)).modelAnswered()).isEqualTo("😀".repeat(PayloadWriter.TEXT_MAX / 4));
    }

    @Test
    void aLaterVersionIsRefusedAndSaysWhatToDo() {
        byte[] payload = payload(Events.settled("call"));
        payload[0] = 3;
        assertThatThrownBy(() -> read(payload)).isInstanceOf(LaterVersionException.class)
                .hasMessageContaining("version 3")
                .hasMessageContaining("up to 2")
                .hasMessageContaining("Start the version that wrote them");
    }

    @Test
    void aRecordOfTheFirstVersionIsReadWithoutToolsAndReportedCost() throws Exception {
        byte[] payload = payload(Events.settled("call"));
        byte[] first = Arrays.copyOf(payload, payload.length - 2);
        first[0] = 1;
        assertThat(read(first)).isEqualTo(Events.settled("call"));
    }

    @Test
    void everyShortenedPayloadIsMalformedAndNothingElseIsThrown() {
        byte[] payload = payload(Events.settled("call"));
        for (int length = 0; length < payload.length; length++) {
            byte[] shortened = Arrays.copyOf(payload, length);
            assertThatThrownBy(() -> read(shortened)).isInstanceOf(MalformedRecordException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    void anyBytesAreAnEventOrMalformed(long seed) {
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] payload = payload(Events.settled("call"));
            for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
                payload[random.nextInt(payload.length)] = (byte) random.nextInt();
            }
            try {
                read(payload);
            } catch (MalformedRecordException | LaterVersionException expected) {
                assertThat(expected.getMessage()).isNotEmpty();
            }
        }
    }

    @Test
    void noTextCanLookLikeAFrame() {
        assertThat("\uFFFF\u00FF".getBytes(StandardCharsets.UTF_8)).doesNotContain((byte) 0xFF);
    }

    private static byte[] payload(UsageEvent event) {
        var writer = new PayloadWriter().start();
        EventCodec.write(writer, event);
        return Arrays.copyOfRange(writer.frame, RecordLayout.HEADER_BYTES,
                RecordLayout.HEADER_BYTES + writer.payloadBytes());
    }

    private static UsageEvent read(byte[] payload) throws MalformedRecordException, LaterVersionException {
        return EventCodec.read(new PayloadReader().over(payload, 0, payload.length));
    }
}
