package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.io.EOFException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Recorded streams under a byte cap that they meet somewhere, in pieces of any size: whole events and an end of the dialect's
/// own reach the client, and no byte more than the cap has. That an end fits behind each event of each stream is
/// `EventStreamCorpusTest`'s of the engine.
class CapCutCorpusTest {
    private static final int EACH = 17;
    private static final int BODY_MAX = 120_000;

    @RegisterExtension
    static final TestPlane PLANE = TestPlane.shared();

    private final List<String> wrong = new ArrayList<>();
    private final Map<String, Integer> seen = new TreeMap<>();

    @Test
    void aStreamThatMeetsACapIsWholeEventsAndAnEnd() throws Exception {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        List<JsonNode> streams = RecordedTraffic.of(Set.of("openai", "anthropic", "google"),
                Set.of("openai.chat", "openai.responses", "anthropic.messages", "gemini.streamGenerateContent"));
        int number = 0;
        for (JsonNode record : streams) {
            byte[] body = RecordedTraffic.body(record.path("response"));
            boolean wanted = record.path("streaming").asBoolean()
                    && record.path("response").path("status").asInt() == 200
                    && body.length > 500 && body.length < BODY_MAX;
            if (wanted && number++ % EACH == 0) {
                cut(record, body, random);
            }
        }
        System.out.println("capped " + seen);
        assertThat(wrong).isEmpty();
        assertThat(seen.get("cut_by_cap")).isGreaterThan(30);
    }

    private void cut(JsonNode record, byte[] body, Random random) throws Exception {
        String request = request(record);
        var cap = Limit.block("cap-" + System.nanoTime(), Entity.THE_TENANT,
                Measure.of(random.nextBoolean() ? Meter.EGRESS_BYTES : Meter.INGRESS_BYTES), Window.TOTAL,
                request.length() + 1L + random.nextInt(body.length + 3_000));
        PLANE.forget();
        PLANE.limits(cap);
        PLANE.upstream.answers((asked, wire, ignored) -> RecordedAnswer.send(record.path("response"), body, false, wire,
                RecordedAnswer.Cut.RANDOM, random));
        Wire.Message answer = call(record, request);
        UsageEvent event = PLANE.onlySettled();
        String name = record.path("id").asText() + " " + record.path("wire_format").asText() + " under " + cap + ": ";
        String problem = problem(body, answer, event);
        if (problem != null) {
            wrong.add(name + problem);
        }
        long settled = PLANE.ledger.standing(TestPlane.ACME, cap, "acme", Instant.now()).settled();
        if (settled > cap.amount() || event.bytes().clientOut() != (answer == null ? 0 : answer.body().length)) {
            wrong.add(name + settled + " settled, " + event.bytes());
        }
        seen.merge(event.clientStatus() == 0 ? "nothing" : event.outcome().id(), 1, Integer::sum);
    }

    private static @Nullable String problem(byte[] body, Wire.@Nullable Message answer, UsageEvent event) {
        if (answer == null) {
            return event.clientStatus() == 0 ? null : "no answer, but a status";
        }
        String whole = new String(body, StandardCharsets.ISO_8859_1);
        String text = new String(answer.body(), StandardCharsets.ISO_8859_1);
        if (!answer.whole()) {
            return "not whole";
        }
        if (event.outcome() != Outcome.CUT_BY_CAP) {
            return text.equals(whole) ? null : "changed";
        }
        int same = 0;
        while (same < Math.min(whole.length(), text.length()) && whole.charAt(same) == text.charAt(same)) {
            same++;
        }
        boolean array = whole.stripLeading().startsWith("[");
        String end = text.substring(same);
        if (array) {
            return text.endsWith("]") ? null : "an array without an end";
        }
        // The end may begin as the next event would have.
        String passed = text.substring(0,
                Math.max(text.lastIndexOf("\n\n", same), text.lastIndexOf("\r\n\r\n", same)) + 1);
        return whole.startsWith(passed) && text.contains(": weir cut_by_cap cap_exceeded cap-")
                ? null
                : "ends with " + end;
    }

    private static Wire.@Nullable Message call(JsonNode record, String request) throws Exception {
        String path = switch (record.path("wire_format").asText()) {
            case "openai.chat" -> "/openai/v1/chat/completions";
            case "openai.responses" -> "/openai/v1/responses";
            case "anthropic.messages" -> "/anthropic/v1/messages";
            default -> "/google/v1beta/models/gemini-2.5-flash:streamGenerateContent";
        };
        try {
            return PLANE.call("POST " + path, "", request);
        } catch (EOFException | SocketException reset) {
            return null;
        }
    }

    private static String request(JsonNode record) {
        return switch (record.path("wire_format").asText()) {
            case "gemini.streamGenerateContent" -> "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}],"
                    + "\"generationConfig\":{\"candidateCount\":8}}";
            case "openai.responses" -> "{\"model\":\"gpt-4o\",\"stream\":true,\"input\":\"hi\"}";
            default -> "{\"model\":\"gpt-4o\",\"stream\":true,\"max_tokens\":9,\"n\":8,"
                    + "\"stream_options\":{\"include_usage\":true},\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        };
    }
}
