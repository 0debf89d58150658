package dev.weir.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.nio.charset.StandardCharsets;

/// Behind a WebSocket handshake: tells the guard whether the answer, the next bytes that leave, is a 101. Then its work is done.
///
/// One per handshake, event loop only.
final class AnswerWatch extends ChannelOutboundHandlerAdapter {
    static final String NAME = "answerWatch";
    private static final byte[] SWITCHES = "HTTP/1.1 101 ".getBytes(StandardCharsets.US_ASCII);

    private final HeadGuard guard;

    AnswerWatch(HeadGuard guard) {
        this.guard = guard;
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        boolean switched = message instanceof ByteBuf bytes && begins(bytes);
        ctx.write(message, promise);
        ctx.pipeline().remove(this);
        guard.answered(ctx, switched);
    }

    private static boolean begins(ByteBuf bytes) {
        if (bytes.readableBytes() < SWITCHES.length) {
            return false;
        }
        for (int i = 0; i < SWITCHES.length; i++) {
            if (bytes.getByte(bytes.readerIndex() + i) != SWITCHES[i]) {
                return false;
            }
        }
        return true;
    }
}
