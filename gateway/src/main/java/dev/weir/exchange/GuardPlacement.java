package dev.weir.exchange;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// Holds the place of the guard until Vert.x has filled the pipeline, which it does before the connection becomes active:
/// behind TLS where there is TLS, else right here, next to the socket. One per connection, event loop only.
final class GuardPlacement extends ChannelInboundHandlerAdapter {
    static final String NAME = "headGuardPlacement";
    private static final String TLS = "ssl";

    private final StrictHead head;
    private final boolean h2c;

    GuardPlacement(StrictHead head, boolean h2c) {
        this.head = head;
        this.h2c = h2c;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        var pipeline = ctx.pipeline();
        if (pipeline.context(TLS) != null) {
            pipeline.addAfter(TLS, HeadGuard.NAME, head.newGuard(false, ctx.channel().localAddress()));
            pipeline.remove(this);
        } else {
            pipeline.replace(this, HeadGuard.NAME, head.newGuard(h2c, ctx.channel().localAddress()));
        }
        ctx.fireChannelActive();
    }
}
