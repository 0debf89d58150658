package dev.weir.exchange;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// On a listening channel, before Netty's acceptor: each accepted connection gets its guard before anything else is in its
/// pipeline. One for which there is no room is closed before it costs more than its socket. Acceptor thread only.
@ChannelHandler.Sharable
final class GuardOnAccept extends ChannelInboundHandlerAdapter {
    private final StrictHead head;
    private final boolean h2c;

    GuardOnAccept(StrictHead head, boolean h2c) {
        this.head = head;
        this.h2c = h2c;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
        if (accepted instanceof Channel connection) {
            if (!head.hasRoom(ctx.channel().localAddress(), connection)) {
                connection.unsafe().closeForcibly();
                return;
            }
            head.guardConnection(connection, h2c);
        }
        ctx.fireChannelRead(accepted);
    }
}
