package dev.weir.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.dialect.AnswerFacts;
import dev.weir.dialect.Dialects;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a provider says a call costs is kept, to the pico-dollar, beside what Weir makes of it.
class ReportedCostTest {
    private static final Set<String> WIRE_FORMATS = Set.of("openai.chat", "openai.responses", "openai.images");
    private static final Tokenizers TOKENIZERS = new Tokenizers();

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            textBlock = """
                    openrouter | {"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.00010625}}       | 106250000
                    openrouter | {"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":1.5e-7}}           | 150000
                    openrouter | {"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0}}                | 0
                    openrouter | {"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":null}}             | -
                    openrouter | {"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":"free"}}           | -
                    openrouter | {"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":-1}}               | -
                    openrouter | {"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":1e999999999}}      | -
                    openrouter | {"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":1e-999999999}}     | -
                    openrouter | {"choices":[{"message":{"content":"cost\\":7"}}],"cost":9}                | -
                    perplexity | {"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":{"input_tokens_cost":0.1,"total_cost":0.005}}} | 5000000000
                    xai        | {"usage":{"prompt_tokens":1,"completion_tokens":1,"cost_in_usd_ticks":37756000}} | 3775600000
                    """)
    void aCostIsReadWhereTheProviderTellsIt(String provider, String answer, String picos) {
        byte[] bytes = answer.getBytes(UTF_8);
        assertThat(cost(provider, "/v1/chat/completions", bytes))
                .isEqualTo(picos.equals("-") ? AnswerFacts.NO_COST : Long.parseLong(picos));
    }

    @Test
    void everyRecordedCostIsKeptToThePicoDollar() {
        List<String> wrong = new ArrayList<>();
        int compared = 0;
        for (JsonNode record : Corpus.records(one -> WIRE_FORMATS.contains(one.path("wire_format").asText()))) {
            BigDecimal usd = told(record.path("usage"));
            if (usd == null || record.path("response").path("status").asInt() >= 400
                    || !record.path("request").path("method").asText().equals("POST")) {
                continue;
            }
            compared++;
            long expected = usd.movePointRight(12).setScale(0, RoundingMode.HALF_UP).longValueExact();
            long read = cost(record.path("provider").asText(), record.path("endpoint").asText(),
                    Corpus.body(record.path("response")));
            if (Math.abs(read - expected) > 1) {
                wrong.add(record.path("id").asText() + " " + read + " not " + expected + " " + record.path("usage"));
            }
        }
        assertThat(compared).isGreaterThan(750);
        assertThat(wrong).isEmpty();
    }

    private static @org.jspecify.annotations.Nullable BigDecimal told(JsonNode usage) {
        JsonNode cost = usage.path("cost").isObject() ? usage.path("cost").path("total_cost") : usage.path("cost");
        if (cost.isNumber()) {
            return new BigDecimal(cost.asText());
        }
        JsonNode ticks = usage.path("cost_in_usd_ticks");
        return ticks.isNumber() ? new BigDecimal(ticks.asText()).movePointLeft(10) : null;
    }

    private static long cost(String provider, String path, byte[] bytes) {
        try (var meter = new StreamMeter(Dialects.of(provider, "POST", path), 200, null, null, TOKENIZERS, null)) {
            meter.accept(bytes, 0, bytes.length / 2);
            meter.accept(bytes, bytes.length / 2, bytes.length - bytes.length / 2);
            meter.finish(true);
            return meter.facts().costReportedPicos();
        }
    }
}
