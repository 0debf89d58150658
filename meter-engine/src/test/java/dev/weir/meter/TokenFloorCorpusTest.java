package dev.weir.meter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.Dialects;
import dev.weir.usage.ModelId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Of every recorded stream that tells its usage, the output that is certain on the way is never more than what the provider
/// says at the end: a stream that keeps its output limit is never cut for it.
class TokenFloorCorpusTest {
    private static final Tokenizers TOKENIZERS = new Tokenizers();

    @Test
    void whatIsCertainIsNeverMoreThanWhatTheProviderSays() {
        List<JsonNode> streams = Corpus.records(record -> record.path("streaming").asBoolean()
                && record.path("response").path("status").asInt() < 300 && record.path("usage").isObject()
                && record.path("meters").path("tokens_out").asLong() > 0
                && !record.path("wire_format").asText().startsWith("realtime"));
        assertThat(streams).hasSizeGreaterThan(1_500);
        List<String> wrong = new ArrayList<>();
        Map<String, long[]> shares = new TreeMap<>();
        for (JsonNode record : streams) {
            long said = record.path("meters").path("tokens_out").asLong();
            String model = record.path("facts").path("model").asText();
            try (var meter = new StreamMeter(
                    Dialects.of(record.path("provider").asText(), "POST", path(record)), 200, null,
                    model.isEmpty() ? null : new ModelId(model), TOKENIZERS, null)) {
                meter.watchOutput(1);
                byte[] body = Corpus.body(record.path("response"));
                long most = 0;
                int from = 0;
                for (int i = 0; i < body.length; i++) {
                    if (body[i] == '\n' || i == body.length - 1) {
                        meter.accept(body, from, i + 1 - from);
                        from = i + 1;
                        most = Math.max(most, meter.tellsOutput() ? 0 : meter.textAtLeast());
                    }
                }
                if (most > said) {
                    wrong.add(record.path("id").asText() + " " + record.path("provider").asText() + " "
                            + record.path("wire_format").asText() + " " + model + ": " + most + " certain, " + said
                            + " said");
                }
                long[] share = shares.computeIfAbsent(record.path("wire_format").asText(), none -> new long[2]);
                share[0] += meter.textAtLeast();
                share[1] += said;
            }
        }
        shares.forEach((wire, share) -> System.out.println(wire + ": certain by text " + share[0] + " of " + share[1]));
        assertThat(wrong).isEmpty();
    }

    private static String path(JsonNode record) {
        return switch (record.path("wire_format").asText()) {
            case "openai.chat" -> "/chat/completions";
            case "openai.completions" -> "/v1/completions";
            case "openai.responses" -> "/v1/responses";
            case "anthropic.messages" -> "/messages";
            default -> record.path("endpoint").asText();
        };
    }
}
