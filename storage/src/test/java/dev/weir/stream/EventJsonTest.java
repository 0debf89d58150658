package dev.weir.stream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.event.EventId;
import dev.weir.event.Outcome;
import dev.weir.spool.Events;
import dev.weir.spool.KeptEvent;
import dev.weir.usage.Quantities;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventJsonTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whatIsReadIsWhatWasWritten(long seed) throws Exception {
        var random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            var event = Events.any(random, "call-" + i);
            assertThat(EventJson.decode(EventJson.encode(event))).as("seed %d, event %d", seed, i).isEqualTo(event);
        }
    }

    @Test
    void whatIsAbsentIsLeftOut() {
        var event = Events.event("call", Outcome.OK, Quantities.NONE);
        assertThat(new String(EventJson.encode(event), UTF_8)).doesNotContain("null", "meters", "flags", "region")
                .contains("\"cost\":\"0.00375\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[]", "null", "7", "{\"call_id\":\"a\"}", "\u0000", "{\"call_id\":1}"})
    void whatIsNoEventIsNamedMalformed(String text) {
        assertThatThrownBy(() -> EventJson.decode(text.getBytes(UTF_8))).isInstanceOf(MalformedEventException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {6, 7})
    void anyBytesAreAnEventOrMalformed(long seed) {
        var random = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = EventJson.encode(Events.any(random, "call"));
            for (int change = random.nextInt(4); change >= 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                assertThat(EventJson.decode(bytes)).isNotNull();
            } catch (MalformedEventException named) {
                assertThat(named).hasMessageContaining("no usage event");
            }
        }
    }

    @Test
    void aRecordIsACloudEventInBinaryMode() throws Exception {
        var kept = new KeptEvent(new EventId("node-a-1", 3, 42), Events.any(new Random(1), "call"));
        var written = CloudEvents.write("weir.usage", kept, 40);
        List<String> headers = new ArrayList<>();
        written.headers().forEach(header -> headers.add(header.key() + "=" + new String(header.value(), UTF_8)));
        assertThat(headers).contains("ce_specversion=1.0", "ce_id=node-a-1-3-42", "ce_source=/weir/nodes/node-a-1",
                "ce_type=dev.weir.usage.v1", "ce_time=" + kept.event().time(), "content-type=application/json");
        assertThat(new String(written.key(), UTF_8)).isEqualTo("node-a-1");

        var place = CloudEvents.place(written.headers());
        assertThat(place).isEqualTo(new CloudEvents.Place(kept.id(), 40));
        var received = new ConsumerRecord<>("weir.usage", 0, 0, 0, TimestampType.CREATE_TIME, 0, 0, written.key(),
                written.value(), new RecordHeaders(written.headers()), Optional.empty());
        assertThat(CloudEvents.read(received, place.id())).isEqualTo(kept);
    }
}
