package dev.weir.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Stands between the socket and Vert.x's HTTP/1 codec and lets only heads with one reading pass.
///
/// ```
///   socket -> [ssl] -> HeadGuard -> (h2c detection) -> httpDecoder -> Vert.x
/// ```
///
/// It follows the bodies too, so that it knows where the next head begins. What is sound passes on in the buffer it came in,
/// unchanged and not copied; only a head that arrives in pieces is held (at most `headMax` and one read) until it is whole,
/// so that nothing behind the guard ever sees part of a refused head. A connection that speaks HTTP/2 (by ALPN, or by prior
/// knowledge where `h2c` says so) is left to Netty's own checks: the guard takes itself out.
///
/// A refusal is answered in turn. Before the first request has passed nothing else can be under way, and the guard writes the
/// answer itself. Later it hands Vert.x a request that failed to decode, which Vert.x answers after the requests before it. A
/// body that loses its framing fails the call that is reading it, and the connection is closed without an answer.
///
/// A WebSocket handshake is the first request of its connection, or it is refused. Behind it nothing may come before its answer:
/// what came could be a request or a frame. When the answer is 101 the guard takes itself out, because what follows is no HTTP;
/// when it is another, the next head is expected.
///
/// One per connection; event loop only.
final class HeadGuard extends ChannelInboundHandlerAdapter {
    static final String NAME = "headGuard";

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final long LINGER_MILLIS = 1_000;

    private enum Phase {
        OPENING, HEAD, BODY, CHUNKS, SWITCHING, REFUSED
    }

    private final HeadLimits limits;
    private final boolean h2c;
    private final Consumer<HeadRefusal> onRefused;
    private final HeadCheck check;
    private final ChunkCheck chunks;
    private final HeadEnd headEnd = new HeadEnd();

    private Phase phase = Phase.OPENING;
    private boolean anyPassed;
    private boolean firedRead;
    private long bodyLeft;
    private @Nullable ByteBuf held;
    private @Nullable Future<?> headDeadline;
    private @Nullable Future<?> firstByteDeadline;

    /// @param takesWebSocket whether a WebSocket may be opened at a target
    HeadGuard(HeadLimits limits, boolean h2c, Predicate<String> takesWebSocket, Consumer<HeadRefusal> onRefused) {
        this.limits = limits;
        this.h2c = h2c;
        this.onRefused = onRefused;
        this.check = new HeadCheck(limits, takesWebSocket);
        this.chunks = new ChunkCheck(limits.chunkLineMax());
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        firstByteDeadline = ctx.executor()
                .schedule(() -> ctx.close(), limits.firstByteTimeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    private void firstByteArrived() {
        if (firstByteDeadline != null) {
            firstByteDeadline.cancel(false);
            firstByteDeadline = null;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        firstByteArrived();
        if (!(message instanceof ByteBuf in)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (phase == Phase.REFUSED) {
            in.release();
            return;
        }
        ByteBuf buffer = in;
        if (held != null) {
            buffer = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), held, in);
            held = null;
        }
        if (phase == Phase.OPENING && speaksHttp2(ctx, buffer)) {
            return;
        }
        follow(ctx, buffer);
    }

    /// Whether the connection turned out to be HTTP/2, or cannot be told from it yet; the buffer is then taken care of.
    private boolean speaksHttp2(ChannelHandlerContext ctx, ByteBuf buffer) {
        SslHandler ssl = ctx.pipeline().get(SslHandler.class);
        if (ssl != null) {
            if ("h2".equals(ssl.applicationProtocol())) {
                stepAside(ctx, buffer);
                return true;
            }
        } else if (h2c) {
            int compared = Math.min(buffer.readableBytes(), PREFACE.length);
            if (beginsWithPreface(buffer, compared)) {
                if (compared < PREFACE.length) {
                    hold(ctx, buffer);
                } else {
                    stepAside(ctx, buffer);
                }
                return true;
            }
        }
        phase = Phase.HEAD;
        return false;
    }

    private static boolean beginsWithPreface(ByteBuf buffer, int compared) {
        int from = buffer.readerIndex();
        for (int i = 0; i < compared; i++) {
            if (buffer.getByte(from + i) != PREFACE[i]) {
                return false;
            }
        }
        return true;
    }

    private void stepAside(ChannelHandlerContext ctx, ByteBuf buffer) {
        headArrived();
        pass(ctx, buffer);
        ctx.pipeline().remove(this);
    }

    /// Takes one head or piece of body after the other; passes the buffer on once all that is in it is sound.
    private void follow(ChannelHandlerContext ctx, ByteBuf buffer) {
        int at = buffer.readerIndex();
        int to = buffer.writerIndex();
        HeadRefusal refusal = null;
        while (at < to && refusal == null) {
            switch (phase) {
                case HEAD -> {
                    int end = headEnd.find(buffer, at, to);
                    if (end < 0) {
                        refusal = tooLarge(to - at);
                        if (refusal == null) {
                            keepFrom(ctx, buffer, at);
                            return;
                        }
                    } else {
                        refusal = head(buffer, at, end, at > buffer.readerIndex() || end < to);
                        at = refusal == null ? end : at;
                    }
                }
                case BODY -> {
                    int taken = (int) Math.min(bodyLeft, to - at);
                    at += taken;
                    bodyLeft -= taken;
                    phase = bodyLeft == 0 ? Phase.HEAD : Phase.BODY;
                }
                case CHUNKS -> {
                    at = chunks.follow(buffer, at, to);
                    refusal = chunks.refusal();
                    phase = chunks.ended() ? Phase.HEAD : Phase.CHUNKS;
                }
                case SWITCHING -> refusal = HeadRefusal.WEBSOCKET_FORM;
                case OPENING, REFUSED -> throw new AssertionError(phase);
            }
        }
        if (refusal == null) {
            anyPassed = true;
            if (phase == Phase.SWITCHING) {
                ctx.pipeline().addAfter(NAME, AnswerWatch.NAME, new AnswerWatch(this));
            }
            pass(ctx, buffer);
        } else {
            passUpTo(ctx, buffer, at);
            refuse(ctx, refusal);
        }
    }

    /// Checks the head between `from` and `to`, and prepares for its body.
    ///
    /// @param inCompany whether something stands before or behind it in the buffer
    private @Nullable HeadRefusal head(ByteBuf buffer, int from, int to, boolean inCompany) {
        headArrived();
        byte[] scratch = HeadScratch.of(limits);
        int length = to - from;
        if (length > limits.headMax()) {
            return HeadRefusal.HEAD_TOO_LARGE;
        }
        buffer.getBytes(from, scratch, 0, length);
        if (!check.accept(scratch, 0, length)) {
            return check.refusal();
        }
        if (check.opensWebSocket()) {
            if (anyPassed || inCompany) {
                return HeadRefusal.WEBSOCKET_FORM;
            }
            phase = Phase.SWITCHING;
        } else if (check.chunked()) {
            chunks.begin();
            phase = Phase.CHUNKS;
        } else if (check.contentLength() > 0) {
            bodyLeft = check.contentLength();
            phase = Phase.BODY;
        }
        return null;
    }

    private @Nullable HeadRefusal tooLarge(int unfinished) {
        if (headEnd.inFirstLine() && unfinished > limits.requestLineMax() + 2) {
            return HeadRefusal.REQUEST_LINE_TOO_LONG;
        }
        return unfinished > limits.headMax() ? HeadRefusal.HEAD_TOO_LARGE : null;
    }

    private void keepFrom(ChannelHandlerContext ctx, ByteBuf buffer, int at) {
        if (at > buffer.readerIndex()) {
            anyPassed = true;
            ByteBuf sound = buffer.readRetainedSlice(at - buffer.readerIndex());
            pass(ctx, sound);
        }
        hold(ctx, buffer);
    }

    private void hold(ChannelHandlerContext ctx, ByteBuf buffer) {
        held = buffer;
        if (headDeadline == null) {
            headDeadline = ctx.executor()
                    .schedule(() -> headLate(ctx), limits.headTimeout().toNanos(),
                            TimeUnit.NANOSECONDS);
        }
    }

    private void headLate(ChannelHandlerContext ctx) {
        headDeadline = null;
        if (phase != Phase.REFUSED && !ctx.isRemoved()) {
            refuse(ctx, HeadRefusal.HEAD_TIMEOUT);
        }
    }

    private void headArrived() {
        headEnd.begin();
        if (headDeadline != null) {
            headDeadline.cancel(false);
            headDeadline = null;
        }
    }

    private void pass(ChannelHandlerContext ctx, ByteBuf buffer) {
        firedRead = true;
        ctx.fireChannelRead(buffer);
    }

    private void passUpTo(ChannelHandlerContext ctx, ByteBuf buffer, int at) {
        if (at > buffer.readerIndex()) {
            anyPassed = true;
            buffer.writerIndex(at);
            pass(ctx, buffer);
        } else {
            buffer.release();
        }
    }

    /// The handshake was answered.
    ///
    /// @param switched whether with 101, so that no HTTP follows
    void answered(ChannelHandlerContext ctx, boolean switched) {
        if (phase == Phase.SWITCHING) {
            phase = Phase.HEAD;
            if (switched) {
                ctx.pipeline().remove(this);
            }
        }
    }

    private void refuse(ChannelHandlerContext ctx, HeadRefusal reason) {
        boolean inBody = phase == Phase.CHUNKS || phase == Phase.SWITCHING;
        phase = Phase.REFUSED;
        headArrived();
        releaseHeld();
        onRefused.accept(reason);
        if (!anyPassed) {
            answer(ctx, reason);
        } else if (inBody || !answerInTurn(ctx, reason)) {
            ctx.fireExceptionCaught(new RefusedHead(reason));
            ctx.close();
        }
    }

    /// Writes the answer and closes once the client has read it: it may still be sending, and a close with unread bytes would
    /// reset the connection under the answer.
    private static void answer(ChannelHandlerContext ctx, HeadRefusal reason) {
        var written = ctx.writeAndFlush(HeadProblem.response(reason));
        if (ctx.channel() instanceof DuplexChannel channel && ctx.pipeline().get(SslHandler.class) == null) {
            written.addListener(done -> channel.shutdownOutput());
            ctx.channel().config().setAutoRead(true);
            ctx.executor().schedule(() -> ctx.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private static boolean answerInTurn(ChannelHandlerContext ctx, HeadRefusal reason) {
        ChannelHandlerContext decoder = ctx.pipeline().context("httpDecoder");
        if (decoder == null) {
            return false;
        }
        var failed = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
        failed.setDecoderResult(DecoderResult.failure(new RefusedHead(reason)));
        decoder.fireChannelRead(failed);
        decoder.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        return true;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        boolean readOn = !firedRead && !ctx.channel().config().isAutoRead();
        firedRead = false;
        if (readOn) {
            ctx.read();
        }
        ctx.fireChannelReadComplete();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        firstByteArrived();
        headArrived();
        releaseHeld();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        firstByteArrived();
        headArrived();
        releaseHeld();
        ctx.fireChannelInactive();
    }

    private void releaseHeld() {
        if (held != null) {
            held.release();
            held = null;
        }
    }
}
