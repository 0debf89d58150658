package dev.weir.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import dev.weir.dialect.AnswerHead;
import dev.weir.dialect.AnswerScanner;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Dialects;
import dev.weir.dialect.OutputListener;
import dev.weir.dialect.UsageChunkFilter;
import dev.weir.meter.StreamMeter;
import dev.weir.meter.Tokenizers;
import dev.weir.usage.ModelId;
import dev.weir.usage.UsageReading;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/// What metering an answer costs, **for each byte** of it: an operation is one byte, so the score is ns/byte and the allocation
/// that `-prof gc` tells is bytes for each byte. Target: 1.5 ns per byte of an event stream.
///
/// Each invocation reads [#BYTES] of answers, whatever their shape, and each answer has its own meter, made and finished, as
/// in the product. Beside it, for a ratio within one run: the cheapest thing that could be called a meter (`keyScan`, which
/// looks for the word and is wrong wherever content quotes it), and a full parse that keeps nothing (`jackson`).
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ScannerBenchmark {
    static final int BYTES = 72 * 1024;

    private static final int STREAM_BYTES = 18 * 1024;
    private static final byte[] KEY = "\"usage\"".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final JsonFactory JACKSON = new JsonFactory();
    private static final ModelId MODEL = new ModelId("gpt-4o-mini");

    /// The answer and how it comes: in one read, in reads of a network packet, or event by event.
    @Param({"chat-stream", "chat-stream-1400", "chat-stream-events", "messages-stream", "messages-stream-events",
        "chat-json-1k", "chat-json-72k"})
    public String answer = "";

    private final Tokenizers tokenizers = new Tokenizers();
    /// Long text is counted elsewhere, as in the product.
    private final ExecutorService workers = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
    private Dialect dialect = Dialects.of("openai", "POST", "/v1/chat/completions");
    private byte[] body = new byte[0];
    private int[] ends = new int[0];
    private int[] documents = new int[0];

    @Setup
    public void prepare() {
        body = switch (answer) {
            case "chat-stream", "chat-stream-1400", "chat-stream-events" -> SampleAnswers.chatStream(STREAM_BYTES);
            case "messages-stream", "messages-stream-events" -> SampleAnswers.messagesStream(STREAM_BYTES);
            case "chat-json-1k" -> SampleAnswers.chatJson(1024);
            case "chat-json-72k" -> SampleAnswers.chatJson(BYTES);
            default -> throw new IllegalArgumentException(answer);
        };
        ends = answer.endsWith("-1400")
                ? SampleAnswers.cutEvery(1400, body.length)
                : answer.endsWith("-events")
                        ? SampleAnswers.cutAtEvents(body)
                        : new int[]{body.length};
        documents = SampleAnswers.documents(body);
        if (answer.startsWith("messages")) {
            dialect = Dialects.of("anthropic", "POST", "/v1/messages");
        }
        if (BYTES % body.length != 0 || ends[ends.length - 1] != body.length
                || !(read() instanceof UsageReading.Reported)) {
            throw new IllegalStateException(body.length + " bytes, read as " + read());
        }
    }

    @Benchmark
    @OperationsPerInvocation(BYTES)
    public void meter(Blackhole hole) {
        for (int read = 0; read < BYTES; read += body.length) {
            hole.consume(read());
        }
    }

    private UsageReading read() {
        try (var meter = new StreamMeter(dialect, 200, null, AnswerHead.NONE, MODEL, tokenizers, null, workers)) {
            int from = 0;
            for (int end : ends) {
                meter.accept(body, from, end - from);
                from = end;
            }
            return meter.finish(true);
        }
    }

    /// Without the text that is kept for counting, without the reading.
    @Benchmark
    @OperationsPerInvocation(BYTES)
    public void scanner(Blackhole hole) {
        for (int read = 0; read < BYTES; read += body.length) {
            AnswerScanner scanner = dialect.answer(OutputListener.NONE);
            int from = 0;
            for (int end : ends) {
                scanner.accept(body, from, end - from);
                from = end;
            }
            hole.consume(scanner.contentSeen());
        }
    }

    /// What a chat stream costs more where Weir asked for its usage chunk.
    @Benchmark
    @OperationsPerInvocation(BYTES)
    public void filter(Blackhole hole) {
        UsageChunkFilter.Target target = (bytes, offset, length) -> hole.consume(length);
        for (int read = 0; read < BYTES; read += body.length) {
            var filter = new UsageChunkFilter();
            int from = 0;
            for (int end : ends) {
                filter.accept(body, from, end - from, target);
                from = end;
            }
            filter.finish(target);
        }
    }

    @Benchmark
    @OperationsPerInvocation(BYTES)
    public void keyScan(Blackhole hole) {
        for (int read = 0; read < BYTES; read += body.length) {
            int from = 0;
            for (int end : ends) {
                hole.consume(lastKey(body, from, end));
                from = end;
            }
        }
    }

    private static int lastKey(byte[] bytes, int from, int to) {
        int last = -1;
        for (int i = from; i <= to - KEY.length; i++) {
            if (bytes[i] == KEY[0] && bytes[i + 1] == KEY[1]
                    && java.util.Arrays.equals(bytes, i, i + KEY.length, KEY, 0, KEY.length)) {
                last = i;
            }
        }
        return last;
    }

    @Benchmark
    @OperationsPerInvocation(BYTES)
    public void jackson(Blackhole hole) throws IOException {
        for (int read = 0; read < BYTES; read += body.length) {
            for (int i = 0; i < documents.length; i += 2) {
                hole.consume(parse(documents[i], documents[i + 1]));
            }
        }
    }

    private @Nullable JsonToken parse(int from, int end) throws IOException {
        try (var parser = JACKSON.createNonBlockingByteArrayParser()) {
            ((ByteArrayFeeder) parser.getNonBlockingInputFeeder()).feedInput(body, from, end);
            JsonToken last = null;
            for (JsonToken token = parser.nextToken(); token != null
                    && token != JsonToken.NOT_AVAILABLE; token = parser.nextToken()) {
                last = token;
            }
            return last;
        }
    }
}
