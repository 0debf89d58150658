package dev.weir.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.dialect.AnswerHead;
import dev.weir.dialect.Dialects;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import dev.weir.usage.UsageReading;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/// Text is counted late or never, not by the thread that passes it, and always to the same sum.
class PassedTextTest {
    private static final Tokenizers TOKENIZERS = new Tokenizers();
    private static final ModelId GPT = new ModelId("gpt-4o");
    /// Workers that never come.
    private static final Executor NOBODY = work -> {};

    private final Deque<Runnable> work = new ArrayDeque<>();

    @Test
    void aLongTextIsCountedInSlicesLikeWhole() {
        String text = words(60_000).replace("9 ", "9\n");
        long whole = TOKENIZERS.count(GPT, text).tokens();

        PassedText passed = passed(Runnable::run);
        pass(text, text.length(), passed);

        assertThat(passed.tokens().tokens()).isBetween(whole - 1, whole + text.length() / (PassedText.SLICE / 2));
        assertThat(passed.tokens().provenance()).isEqualTo(Provenance.TOKENIZER);
    }

    @Test
    void whoCountsChangesNothing() throws Exception {
        String text = words(60_000);
        PassedText direct = passed(Runnable::run);
        PassedText alone = passed(NOBODY);
        PassedText late = passed(work::add);
        pass(text, 500, direct);
        pass(text, 500, alone);
        pass(text, 500, late);
        work.forEach(Runnable::run);
        TokenCount sum = direct.tokens();

        assertThat(alone.tokens()).isEqualTo(sum);
        assertThat(late.tokens()).isEqualTo(sum);
        try (var workers = Executors.newFixedThreadPool(2)) {
            PassedText shared = passed(workers);
            pass(text, 500, shared);
            assertThat(shared.tokens()).isEqualTo(sum);
        }
    }

    @Test
    void upToThreeSlicesAreNeverCountedWhereNobodyAsks() {
        String text = words(60_000);

        pass(text.substring(0, PassedText.SLICES_WAITING * (PassedText.SLICE - 1024)), 100, passed(work::add));
        assertThat(work).isEmpty();

        pass(text, 100, passed(work::add));
        assertThat(work).hasSizeBetween(text.length() / PassedText.SLICE - PassedText.SLICES_WAITING,
                text.length() / (PassedText.SLICE - 1024));
    }

    @Test
    void aMeterThatIsToldItsUsageLeavesTheWorkersNothingToDo() {
        byte[] body = ("{\"choices\":[{\"message\":{\"content\":\"" + words(60_000)
                + "\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}").getBytes(UTF_8);
        var meter = new StreamMeter(Dialects.of("openai", "POST", "/v1/chat/completions"), 200, null, AnswerHead.NONE,
                GPT, TOKENIZERS,
                null, work::add);
        meter.accept(body, 0, body.length);
        assertThat(work).isNotEmpty();

        assertThat(meter.finish(true)).isInstanceOfSatisfying(UsageReading.Reported.class,
                told -> assertThat(told.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(2));
        long counted = countedSlices();
        work.forEach(Runnable::run);
        assertThat(countedSlices()).isEqualTo(counted);
    }

    @Test
    void noMoreThanSixtyFourKibibytesAreKept() {
        assertThat((PassedText.SLICES_WAITING + 1) * PassedText.SLICE).isLessThan(64 * 1024);
    }

    private long countedSlices() {
        return work.stream().filter(slice -> ((TextSlice) slice).isCounted()).count();
    }

    private static PassedText passed(Executor workers) {
        return new PassedText(TOKENIZERS, () -> GPT, workers);
    }

    private static void pass(String text, int piece, PassedText passed) {
        byte[] json = text.replace("\n", "\\n").getBytes(UTF_8);
        for (int from = 0; from < json.length; from += piece) {
            passed.text(json, from, Math.min(json.length, from + piece));
        }
        passed.textEnd();
    }

    private static String words(int count) {
        var random = new Random(7);
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(Integer.toString(random.nextInt(5_000), 36)).append(random.nextInt(99) == 0 ? "é " : " ");
        }
        return text.toString();
    }
}
