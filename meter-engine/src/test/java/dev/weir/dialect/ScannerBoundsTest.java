package dev.weir.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.weir.usage.Meter;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// No scanner keeps more than 64 KiB of a stream, whatever the stream does.
///
/// What a scanner keeps it has allocated, so the test counts all that the thread allocates while the scanner reads: that holds
/// for every dialect, whatever it adds to the parts they share.
class ScannerBoundsTest {
    private static final long KEPT_MAX = 64 * 1024;
    private static final int LONG = 5 * 1024 * 1024;
    /// Enough to see that something is kept, byte by byte.
    private static final int SLOW = 256 * 1024;
    private static final int DEEP = 100_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final Map<String, String> ENDLESS = Map.ofEntries(
            Map.entry("string", "data: {\"x\":\"" + "y".repeat(LONG)),
            Map.entry("text", "data: {\"choices\":[{\"delta\":{\"content\":\"" + "\\\"é".repeat(LONG / 4)),
            Map.entry("id", "data: {\"id\":\"" + "i".repeat(LONG)),
            Map.entry("escaped id", "data: {\"id\":\"" + "\\u0069".repeat(LONG / 6)),
            Map.entry("name", "data: {\"" + "n".repeat(LONG)),
            Map.entry("escaped name", "data: {\"" + "\\\\".repeat(LONG / 2)),
            Map.entry("number", "data: {\"usage\":{\"prompt_tokens\":" + "9".repeat(LONG)),
            Map.entry("space", "data: {\"usage\": " + " ".repeat(LONG)),
            Map.entry("line that is no data", "event: " + "e".repeat(LONG)),
            Map.entry("name of a field", "e".repeat(LONG)),
            Map.entry("comment", ": " + "c".repeat(LONG)),
            Map.entry("blank lines", "data: {}\n" + "\n".repeat(LONG)),
            Map.entry("events", "data: {\"id\":\"x\",\"choices\":[]}\n\n".repeat(20_000)),
            Map.entry("members", "data: {\"usage\":{" + "\"prompt_tokens\":1,".repeat(LONG / 20)),
            Map.entry("names never heard", "data: {" + "\"prompt_token\":1.5,".repeat(LONG / 20)),
            Map.entry("choices", "data: {\"choices\":[" + "{\"index\":0,\"delta\":{}},".repeat(LONG / 20)),
            Map.entry("arrays", "data: " + "[".repeat(DEEP)),
            Map.entry("skipped arrays", "data: {\"x\":" + "[".repeat(DEEP)),
            Map.entry("skipped objects", "data: {\"x\":" + "{\"x\":".repeat(DEEP)),
            Map.entry("usage in usage", "data: " + "{\"usage\":".repeat(DEEP)),
            Map.entry("choices in choices", "data: " + "{\"choices\":[".repeat(DEEP)),
            Map.entry("documents without an event", "{\"id\":\"x\"}\n".repeat(LONG / 20)));

    @ParameterizedTest
    @EnumSource
    void whateverIsEndlessIsNotKept(EveryDialect dialect) {
        warm(dialect);
        ENDLESS.forEach((what, stream) -> checkBounds(dialect, what, stream.getBytes(UTF_8)));
    }

    /// Each text of each sample, without an end.
    @ParameterizedTest
    @EnumSource
    void noTextOfADialectsOwnIsKept(EveryDialect dialect) {
        warm(dialect);
        byte[] endless = "y".repeat(LONG / 4).getBytes(UTF_8);
        for (byte[] document : dialect.documents()) {
            String text = new String(document, UTF_8);
            for (int colon = text.indexOf(":\""); colon >= 0; colon = text.indexOf(":\"", colon + 1)) {
                String before = text.substring(0, colon + 2);
                byte[] begun = Samples.joined(List.of(before.getBytes(UTF_8), endless), "data: ", "", "");
                checkBounds(dialect, before, begun);
                byte[] whole = Samples.joined(List.of(before.getBytes(UTF_8), endless), "", "", "\"}");
                byte[] frame = dialect.framed(List.of(whole));
                if (frame != null) {
                    checkBounds(dialect, before + " in a frame", frame);
                }
            }
        }
    }

    @Test
    void theFilterKeepsNoMoreThanItSays() {
        // What is loaded and linked once is not the stream's doing.
        filtered("data: {}\n\n".getBytes(UTF_8), 1);
        ENDLESS.forEach((what, stream) -> {
            byte[] endless = stream.getBytes(UTF_8);
            for (int piece : new int[]{1, 1400, 64 * 1024, endless.length}) {
                assertThat(filtered(endless, piece)).as("%s, by %s bytes", what, piece).isLessThanOrEqualTo(KEPT_MAX);
            }
        });
    }

    /// What the filter allocated.
    private static long filtered(byte[] stream, int piece) {
        var filter = new UsageChunkFilter();
        UsageChunkFilter.Target target = (bytes, offset, length) -> {};
        long before = THREADS.getCurrentThreadAllocatedBytes();
        feed(stream, 0, piece, (bytes, offset, length) -> filter.accept(bytes, offset, length, target));
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertThat(filter.retainedBytes()).isLessThanOrEqualTo(UsageChunkFilter.HELD_MAX + JsonTap.CAPTURE_MAX);
        return allocated;
    }

    /// Classes are loaded and lambdas linked once; that is not the stream's doing.
    private static void warm(EveryDialect dialect) {
        for (byte[] answer : dialect.answers()) {
            scanned(dialect, answer, 1);
            scanned(dialect, answer, answer.length);
        }
    }

    private static void checkBounds(EveryDialect dialect, String what, byte[] endless) {
        byte[] beginning = Arrays.copyOf(endless, Math.min(endless.length, SLOW));
        assertThat(scanned(dialect, beginning, 1)).as("%s, by single bytes", what).isLessThanOrEqualTo(KEPT_MAX);
        for (int piece : new int[]{1400, 64 * 1024, endless.length}) {
            assertThat(scanned(dialect, endless, piece)).as("%s, by %s bytes", what, piece)
                    .isLessThanOrEqualTo(KEPT_MAX);
        }
    }

    /// What the scanner allocated.
    private static long scanned(EveryDialect dialect, byte[] stream, int piece) {
        AnswerScanner scanner = dialect.scanner(OutputListener.NONE);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        feed(stream, 0, piece, scanner::accept);
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    @ParameterizedTest
    @EnumSource
    void whatFollowsAnEndlessEventIsReadAsIfNothingHadBeen(EveryDialect dialect) {
        byte[] answer = dialect.eventStream();
        Assumptions.assumeTrue(answer != null, "never answers in events");
        AnswerScanner alone = dialect.scanner(OutputListener.NONE);
        alone.accept(answer, 0, answer.length);
        for (String what : new String[]{"string", "name", "escaped name", "arrays", "skipped objects", "comment",
            "line that is no data", "space"}) {
            byte[] endless = (ENDLESS.get(what) + "\n\n").getBytes(UTF_8);
            AnswerScanner scanner = dialect.scanner(OutputListener.NONE);
            feed(endless, 0, 1400, scanner::accept);
            feed(answer, 0, 1400, scanner::accept);
            assertThat(scanner.facts()).as(what).isEqualTo(alone.facts());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1400, 16 * 1024, 64 * 1024})
    void aLineOfFiveMegabytesWithTheUsageBehindItIsMetered(int piece) {
        byte[] chat = ("data: {\"choices\":[{\"delta\":{\"audio\":{\"data\":\"" + "QUJD".repeat(LONG / 4)
                + "\"}}}],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":22}}\n\n").getBytes(UTF_8);
        byte[] messages = ("data: {\"type\":\"message_delta\",\"delta\":{\"text\":\"" + "QUJD".repeat(LONG / 4)
                + "\"},\"usage\":{\"input_tokens\":11,\"output_tokens\":22}}\n\n").getBytes(UTF_8);
        for (EveryDialect dialect : new EveryDialect[]{EveryDialect.CHAT, EveryDialect.MESSAGES}) {
            AnswerScanner scanner = dialect.scanner(OutputListener.NONE);
            feed(dialect == EveryDialect.CHAT ? chat : messages, 0, piece, scanner::accept);
            assertThat(scanner.facts().quantities().amount(Meter.TOKENS_IN)).isEqualTo(11);
            assertThat(scanner.facts().quantities().amount(Meter.TOKENS_OUT)).isEqualTo(22);
        }
    }

    @ParameterizedTest
    @EnumSource
    void eventAfterEventIsReadWithoutAnAllocation(EveryDialect dialect) {
        byte[] event = dialect.frequentEvent();
        Assumptions.assumeTrue(event != null, "never answers in many events");
        AnswerScanner scanner = dialect.scanner(OutputListener.NONE);
        for (byte[] answer : dialect.answers()) {
            dialect.scanner(OutputListener.NONE).accept(answer, 0, answer.length);
        }
        feed(event, 0, event.length, scanner::accept);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10_000; i++) {
            scanner.accept(event, 0, event.length);
        }
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    }

    private interface Accept {
        void accept(byte[] bytes, int offset, int length);
    }

    private static void feed(byte[] stream, int begin, int piece, Accept scanner) {
        for (int from = begin; from < stream.length; from += piece) {
            scanner.accept(stream, from, Math.min(piece, stream.length - from));
        }
    }
}
