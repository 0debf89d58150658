package dev.weir.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// What the strict head check costs for one request with a head of about 600 bytes, as an SDK sends it, and a body of 1 KiB.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HeadGuardBenchmark {
    private static final byte[] HEAD = """
            POST /openai/v1/chat/completions HTTP/1.1\r
            Host: weir.internal.example:8080\r
            Authorization: Bearer wr_0123456789abcdef0123456789abcdef01234567\r
            Content-Type: application/json\r
            Accept: application/json\r
            Accept-Encoding: gzip, deflate\r
            User-Agent: OpenAI/Python 1.99.0\r
            X-Stainless-Lang: python\r
            X-Stainless-Package-Version: 1.99.0\r
            X-Stainless-OS: Linux\r
            X-Stainless-Arch: x64\r
            X-Stainless-Runtime: CPython\r
            X-Stainless-Runtime-Version: 3.12.4\r
            X-Stainless-Async: false\r
            x-stainless-retry-count: 0\r
            x-stainless-read-timeout: 600\r
            Content-Length: 1024\r
            Connection: keep-alive\r
            \r
            """.getBytes(StandardCharsets.US_ASCII);

    private final HeadCheck check = new HeadCheck(HeadLimits.DEFAULT);
    private final EmbeddedChannel channel = new EmbeddedChannel(
            new HeadGuard(HeadLimits.DEFAULT, true, target -> false, refusal -> {
                throw new IllegalStateException(refusal.code());
            }));
    private final EmbeddedChannel unguarded = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    private final ByteBuf request = Unpooled.directBuffer(HEAD.length + 1024)
            .writeBytes(HEAD)
            .writeZero(1024);

    @Benchmark
    public boolean checkOfTheHead() {
        return check.accept(HEAD, 0, HEAD.length);
    }

    @Benchmark
    public Object guardOfTheRequest() {
        channel.writeInbound(request.setIndex(0, HEAD.length + 1024).retain());
        ByteBuf passed = channel.readInbound();
        passed.release();
        return passed;
    }

    @Benchmark
    public Object channelWithoutGuard() {
        unguarded.writeInbound(request.setIndex(0, HEAD.length + 1024).retain());
        ByteBuf passed = unguarded.readInbound();
        passed.release();
        return passed;
    }
}
