package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.dialect.EventStream;
import dev.weir.dialect.OutputListener;
import dev.weir.dialect.RequestFacts;
import dev.weir.dialect.RequestHead;
import dev.weir.dialect.RequestReading;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Every recorded stream of a dialect that can end one, ended behind each of its events: what the client gets is whole events,
/// each a document of its own, and the last of them say that the model came to its output limit.
class EventStreamCorpusTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> WIRE_FORMATS = Set.of("openai.chat", "openai.completions", "openai.responses",
            "anthropic.messages", "gemini.streamGenerateContent", "ollama.chat", "ollama.generate", "cohere.v2.chat",
            "bedrock.converse_stream");
    private static final EventStream.Used USED = new EventStream.Used(1_111, 77);
    private static final String WHY = "cap_exceeded";
    private static final String LIMIT = "l".repeat(128);
    private static List<JsonNode> streams = List.of();

    @BeforeAll
    static void read() {
        streams = Corpus.records(record -> WIRE_FORMATS.contains(record.path("wire_format").asText())
                && record.path("streaming").asBoolean() && record.path("response").path("status").asInt() < 300);
        assertThat(streams).hasSizeGreaterThan(2_500);
    }

    @Test
    void aStreamEndedBehindAnyEventIsWholeAndSaysThatItCameToItsLimit() {
        List<String> wrong = new ArrayList<>();
        Map<String, Integer> cuts = new TreeMap<>();
        for (JsonNode record : streams) {
            Ended ended = new Ended(record);
            cuts.merge(record.path("wire_format").asText(), ended.behindEachEvent(wrong), Integer::sum);
        }
        System.out.println("cuts " + cuts);
        assertThat(wrong).isEmpty();
        assertThat(cuts.keySet()).isEqualTo(WIRE_FORMATS);
    }

    @Test
    void whereTheBytesWereCutChangesNoEnd() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        System.out.println("seed " + seed);
        var random = new Random(seed);
        for (JsonNode record : streams) {
            byte[] body = Corpus.body(record.path("response"));
            EventStream whole = stream(record);
            EventStream cut = stream(record);
            List<Integer> expected = ends(whole, body, new int[]{body.length});
            int[] cuts = random.ints(20, 0, body.length + 1).sorted().toArray();
            List<Integer> found = ends(cut, body, Arrays.copyOf(cuts, 21));
            if (!withoutLineFeeds(body, found).equals(withoutLineFeeds(body, expected))) {
                assertThat(found).as(record.path("id").asText()).isEqualTo(expected);
            }
        }
    }

    /// A CR that ends a piece ends its line; the LF behind it is then the beginning of the next.
    private static List<Integer> withoutLineFeeds(byte[] body, List<Integer> ends) {
        return ends.stream()
                .map(end -> end > 1 && body[end - 1] == '\n' && body[end - 2] == '\r' ? end - 1 : end)
                .toList();
    }

    private static List<Integer> ends(EventStream stream, byte[] body, int[] cuts) {
        cuts[cuts.length - 1] = body.length;
        List<Integer> ends = new ArrayList<>();
        int from = 0;
        for (int to : cuts) {
            for (int end = stream.next(body, from, to); end >= 0; end = stream.next(body, from, to)) {
                ends.add(end);
                from = end;
            }
            from = to;
        }
        return ends;
    }

    private static EventStream stream(JsonNode record) {
        return Objects.requireNonNull(dialect(record).stream(facts(record), "weir-call-1"));
    }

    private static Dialect dialect(JsonNode record) {
        String path = switch (record.path("wire_format").asText()) {
            case "openai.chat" -> "/v1/chat/completions";
            case "openai.completions" -> "/v1/completions";
            case "openai.responses" -> "/v1/responses";
            case "anthropic.messages" -> "/v1/messages";
            default -> record.path("endpoint").asText();
        };
        return Dialects.of(record.path("provider").asText(), "POST", path);
    }

    /// A request that could have had this answer.
    private static RequestFacts facts(JsonNode record) {
        String choices = "8";
        String body = switch (record.path("wire_format").asText()) {
            case "gemini.streamGenerateContent" -> "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}],"
                    + "\"generationConfig\":{\"candidateCount\":" + choices + "}}";
            case "bedrock.converse_stream" -> "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}";
            case "openai.completions" -> "{\"model\":\"m\",\"stream\":true,\"prompt\":\"hi\",\"n\":" + choices + "}";
            case "openai.responses" -> "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\"}";
            case "ollama.generate" -> "{\"model\":\"m\",\"prompt\":\"hi\"}";
            case "openai.chat" -> "{\"model\":\"m\",\"stream\":true,\"n\":" + choices
                    + ",\"stream_options\":{\"include_usage\":true},\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
            default -> "{\"model\":\"m\",\"stream\":true,\"max_tokens\":9,"
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        };
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        var head = new RequestHead("POST", record.path("endpoint").asText(), record.path("provider").asText(),
                "application/json");
        return switch (dialect(record).readRequest(head, bytes, bytes.length)) {
            case RequestReading.Facts(RequestFacts facts) -> facts;
            case RequestReading.Unreadable(String why) -> throw new AssertionError(record.path("id") + ": " + why);
        };
    }

    /// One recorded stream, and what it becomes when it is ended.
    private static final class Ended {
        private static final Map<String, String> REASON = Map.of("openai.chat", "\"finish_reason\":\"length\"",
                "openai.completions", "\"finish_reason\":\"length\"", "openai.responses", "\"max_output_tokens\"",
                "anthropic.messages", "\"stop_reason\":\"max_tokens\"", "gemini.streamGenerateContent",
                "\"finishReason\":\"MAX_TOKENS\"", "ollama.chat", "\"done_reason\":\"length\"", "ollama.generate",
                "\"done_reason\":\"length\"", "cohere.v2.chat", "\"finish_reason\":\"MAX_TOKENS\"",
                "bedrock.converse_stream", "\"stopReason\":\"max_tokens\"");

        private final JsonNode record;
        private final String wire;
        private final byte[] body;
        private final List<Integer> ends;

        Ended(JsonNode record) {
            this.record = record;
            this.wire = record.path("wire_format").asText();
            this.body = Corpus.body(record.path("response"));
            this.ends = ends(stream(record), body, new int[]{body.length});
            ends.addFirst(0);
        }

        /// A long stream is like itself: its beginning, its end, and some of the events between.
        ///
        /// @return how often it was ended
        int behindEachEvent(List<String> wrong) {
            int cuts = 0;
            for (int i = 0; i < ends.size(); i++) {
                if (ends.size() < 40 || i < 10 || i > ends.size() - 8 || i % 32 == 0) {
                    cuts++;
                    String problem = endedBehind(i);
                    if (problem != null) {
                        wrong.add(record.path("id").asText() + " " + wire + " behind event " + i + " of "
                                + (ends.size() - 1) + ": " + problem);
                    }
                }
            }
            return cuts;
        }

        private @Nullable String endedBehind(int event) {
            EventStream stream = stream(record);
            int to = ends.get(event);
            long room = stream.endMaxAfter(0);
            if (event == 0) {
                stream.next(body, 0, 1);
            }
            for (int i = 1; i <= event; i++) {
                room = stream.endMaxAfter(ends.get(i) - ends.get(i - 1));
                stream.next(body, ends.get(i - 1), ends.get(i));
                stream.passed(body, ends.get(i - 1), ends.get(i));
            }
            if (!stream.canEnd()) {
                return "cannot end";
            }
            byte[] end = stream.end(USED, WHY, LIMIT);
            if (end.length > room) {
                return "the end has " + end.length + " bytes, not " + room + " at most";
            }
            var seen = new ByteArrayOutputStream();
            seen.write(body, 0, to);
            seen.writeBytes(end);
            return problem(to, new String(end, StandardCharsets.UTF_8), seen.toByteArray());
        }

        private @Nullable String problem(int to, String end, byte[] seen) {
            AnswerFacts before = facts(Arrays.copyOf(body, to));
            AnswerFacts after = facts(seen);
            boolean saysSo = end.contains(REASON.getOrDefault(wire, "?"));
            try {
                if (!wire.equals("bedrock.converse_stream")) {
                    documents(seen);
                }
            } catch (IOException noJson) {
                return noJson.getMessage();
            }
            // Some hosts say that their stream is over, and not why.
            boolean wasOver = end.startsWith(": weir cut_by_cap");
            if (!after.finished() && after.error() == null && !wasOver) {
                return "not finished: " + after + end;
            }
            if (!before.finished() && before.error() == null && !saysSo && !wasOver) {
                return "no word of its limit: " + end;
            }
            boolean oneChoice = !wire.startsWith("openai.c") && !wire.startsWith("gemini");
            if (wasOver && !before.finished() && to < ends.get(Math.max(0, ends.size() - 2))) {
                return "no end";
            }
            return before.finished() && saysSo && oneChoice ? "ended twice: " + end : null;
        }

        private AnswerFacts facts(byte[] seen) {
            var scanner = dialect(record).answer(OutputListener.NONE);
            scanner.accept(seen, 0, seen.length);
            scanner.end();
            return scanner.facts();
        }

        /// Parses every document of the stream.
        private void documents(byte[] seen) throws IOException {
            String text = new String(seen, StandardCharsets.UTF_8);
            if (text.stripLeading().startsWith("[")) {
                JSON.readTree(seen);
            } else if (wire.startsWith("ollama")) {
                for (String line : text.split("\n", -1)) {
                    JSON.readTree(line);
                }
            } else {
                for (String event : text.split("\r\n\r\n|\n\n|\r\r", -1)) {
                    String data = event.lines()
                            .filter(line -> line.startsWith("data:"))
                            .map(line -> line.substring(5).strip())
                            .reduce("", String::concat);
                    if (!data.equals("[DONE]")) {
                        JSON.readTree(data);
                    }
                }
            }
        }
    }
}
