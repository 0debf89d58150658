package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every recorded realtime session, served by an upstream over a WebSocket: the client's bytes are the upstream's, and the
/// event is what the provider told.
class RealtimeReplayTest {
    private static final Set<String> PROVIDERS = Set.of("openai", "azure", "google", "xai");
    private static final String ROUTES = """
              live-openai: {kind: llm, provider: openai, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              live-azure: {kind: llm, provider: azure, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              live-google: {kind: llm, provider: google, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
              live-xai: {kind: llm, provider: xai, upstream: "%1$s", credential: sk-of-weir, allow-private: true}
            """;

    private enum How {
        /// Each message a frame, all in one write with the 101.
        WHOLE,
        /// Messages in fragments of any size, with pings between them, written in pieces of any size.
        FRAGMENTED
    }

    @ParameterizedTest
    @EnumSource
    void recordedSessionsPassUnchangedAndAreMeteredToTheToken(How how) throws Exception {
        List<JsonNode> records = RecordedTraffic.of(PROVIDERS, Set.of("realtime.ws"));
        assertThat(records).hasSizeGreaterThan(30);
        var random = new Random(20261125L);
        try (var plane = new TestPlane(ROUTES, ExchangeLimits.DEFAULTS)) {
            for (JsonNode record : records) {
                byte[] frames = frames(record, how == How.FRAGMENTED ? random : null);
                plane.upstream.serves((wire, number) -> serve(wire, frames, how == How.FRAGMENTED ? random : null));
                try (Wire client = plane.client()) {
                    client.request("GET /live-" + record.path("provider").asText() + record.path("endpoint").asText(),
                            plane.auth() + FrameWire.HANDSHAKE, "");
                    assertThat(FrameWire.head(client).status()).as(name(record)).isEqualTo(101);
                    client.send(FrameWire.fromClient(record.at("/request/body").asText()));
                    assertThat(client.raw(frames.length)).as(name(record)).isEqualTo(frames);
                    client.send(FrameWire.close(true, 1000));
                    assertThat(client.isClosed()).isTrue();
                }
                UsageEvent event = plane.onlySettled();
                assertThat(event.outcome()).as(name(record)).isEqualTo(Outcome.OK);
                assertThat(told(event)).as(name(record)).isEqualTo(oracle(record));
                plane.forget();
            }
        }
    }

    @Test
    void everySessionIsOfAKnownPath() {
        for (JsonNode record : RecordedTraffic.of(PROVIDERS, Set.of("realtime.ws"))) {
            assertThat(dev.weir.dialect.Dialects
                    .of(record.path("provider").asText(), "GET", record.path("endpoint").asText())
                    .isSession()).as(name(record)).isTrue();
        }
    }

    private static void serve(Wire wire, byte[] frames, @Nullable Random random) throws Exception {
        Wire.Message request = wire.request();
        if (request == null) {
            return;
        }
        var all = new ByteArrayOutputStream();
        all.writeBytes(FrameWire.switching(request).getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(frames);
        byte[] bytes = all.toByteArray();
        int at = 0;
        while (at < bytes.length) {
            int some = random == null ? bytes.length : Math.min(bytes.length - at, 1 + random.nextInt(700));
            wire.send(bytes, at, some);
            at += some;
        }
        // The session's request, then the client's close.
        while (FrameWire.read(wire).opcode() != FrameWire.CLOSE) {
            continue;
        }
    }

    private static byte[] frames(JsonNode record, @Nullable Random random) {
        var frames = new ByteArrayOutputStream();
        for (String line : record.at("/response/body").asText().lines().toList()) {
            byte[] message = line.getBytes(StandardCharsets.UTF_8);
            int from = 0;
            while (random != null && message.length - from > 1 && random.nextInt(3) > 0) {
                int to = from + random.nextInt(message.length - from);
                frames.writeBytes(FrameWire.frame(from == 0 ? FrameWire.TEXT : FrameWire.CONTINUATION, false, false,
                        java.util.Arrays.copyOfRange(message, from, to)));
                frames.writeBytes(FrameWire.frame(FrameWire.PING, true, false, new byte[random.nextInt(20)]));
                if (to == from) {
                    frames.writeBytes(FrameWire.frame(FrameWire.CONTINUATION, false, false, new byte[]{message[to++]}));
                }
                from = to;
            }
            frames.writeBytes(FrameWire.frame(from == 0 ? FrameWire.TEXT : FrameWire.CONTINUATION, true, false,
                    java.util.Arrays.copyOfRange(message, from, message.length)));
        }
        frames.writeBytes(FrameWire.close(false, 1000));
        return frames.toByteArray();
    }

    private static Map<Meter, Long> oracle(JsonNode record) {
        Map<Meter, Long> sums = new EnumMap<>(Meter.class);
        sums.put(Meter.TOKENS_IN, 0L);
        sums.put(Meter.TOKENS_OUT, 0L);
        for (JsonNode usage : record.path("usage")) {
            sums.merge(Meter.TOKENS_IN, usage.path("input_tokens").asLong() + usage.path("promptTokenCount").asLong(),
                    Long::sum);
            sums.merge(Meter.TOKENS_OUT,
                    usage.path("output_tokens").asLong() + usage.path("responseTokenCount").asLong()
                            + usage.path("candidatesTokenCount").asLong() + usage.path("thoughtsTokenCount").asLong(),
                    Long::sum);
        }
        return sums;
    }

    private static Map<Meter, Long> told(UsageEvent event) {
        Map<Meter, Long> told = new EnumMap<>(Meter.class);
        for (Meter meter : List.of(Meter.TOKENS_IN, Meter.TOKENS_OUT)) {
            assertThat(event.quantities().provenance(meter)).isEqualTo(Provenance.REPORTED);
            told.put(meter, event.quantities().amount(meter));
        }
        return told;
    }

    private static String name(JsonNode record) {
        return record.path("provider").asText() + " " + record.path("id").asText();
    }
}
