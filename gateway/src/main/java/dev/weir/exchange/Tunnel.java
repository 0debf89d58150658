package dev.weir.exchange;

import dev.weir.admission.Refusal;
import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.core.net.NetSocket;
import org.jspecify.annotations.Nullable;

/// An open WebSocket through Weir: two directions of frames that pass as they came, each with its own back-pressure, both counted
/// and shown to one reader.
///
/// Before a message passes to the client that tells what something has used, its progress record is kept: what a client has seen
/// answered is never lost (G1.2, docs/decisions/0006).
///
/// Event loop of the exchange only.
final class Tunnel {
    private static final Buffer NOTHING = Buffer.buffer(0);
    private static final long LINGER_MILLIS = 1_000;

    private final WebSocketCall owner;
    private final ExchangeLoop loop;
    private final Attempt attempt;
    private final SessionReader reader;
    private final NetSocket client;
    private final NetSocket upstream;
    private final Lane down;
    private final Lane up;
    private @Nullable Lane firstClosed;
    private long closedAtNanos;

    /// @param messageMax bytes of one message
    Tunnel(WebSocketCall owner, ExchangeLoop loop, Attempt attempt, SessionReader reader, NetSocket client,
            NetSocket upstream, long messageMax) {
        this.owner = owner;
        this.loop = loop;
        this.attempt = attempt;
        this.reader = reader;
        this.client = client;
        this.upstream = upstream;
        this.down = new Lane(upstream, client, false, messageMax, new ServerMessages());
        this.up = new Lane(client, upstream, true, messageMax, new ClientMessages());
    }

    /// Begins; both sockets were paused until now.
    void open() {
        down.tap.open();
        up.tap.open();
        upstream.resume();
        client.resume();
    }

    SessionReader reader() {
        return reader;
    }

    /// Nothing passes any more; what passed and was not written yet still can.
    void stop() {
        down.tap.close();
        up.tap.close();
    }

    /// Ends both sides: what was read is written, then a close frame where the side has seen none and a frame may stand there.
    ///
    /// @param code what both sides are told
    void close(int code, String reason) {
        up.writePending();
        if (up.mayBeClosed()) {
            var _ = upstream.write(Frames.closeToUpstream(code, reason));
        }
        var _ = upstream.end();
        down.writePending();
        if (down.mayBeClosed()) {
            var _ = client.write(Frames.closeToClient(code, reason));
        }
        if (up.cursor.closeCode() >= 0) {
            var _ = client.end();
        } else {
            linger();
        }
    }

    /// Closes both sides at once, whatever they have seen.
    void abort() {
        var _ = upstream.close();
        var _ = client.close();
    }

    /// A client that has not said goodbye keeps its socket until it closes it, or for a second: closed with bytes unread it would
    /// be reset, and the client might never see the close frame.
    private void linger() {
        client.handler(late -> {});
        client.exceptionHandler(gone -> {});
        client.endHandler(closed -> client.close());
        client.resume();
        loop.vertx().setTimer(LINGER_MILLIS, over -> client.close());
    }

    /// Whether a side has taken nothing for so long of what waits for it, or has not answered a close.
    boolean isStuck(long nowNanos, long nanosMost) {
        return down.isStuck(nowNanos, nanosMost) || up.isStuck(nowNanos, nanosMost)
                || firstClosed != null && nowNanos - closedAtNanos > nanosMost;
    }

    /// Who closed first, by a close frame: null for nobody.
    @Nullable
    Boolean upstreamClosedFirst() {
        return firstClosed == null ? null : firstClosed == down;
    }

    /// The upstream's close code, -1 where it sent none.
    int upstreamCloseCode() {
        return down.cursor.closeCode();
    }

    void keepProgressIfDue(long nowNanos) {
        if (attempt.progressIsDue(nowNanos)) {
            keepProgress(nowNanos);
        }
    }

    private boolean keepProgress(long nowNanos) {
        attempt.progressKept(nowNanos);
        return loop.records().keepProgress(attempt, reader.soFar());
    }

    /// One direction.
    private final class Lane implements StreamTap.Watcher {
        final FrameCursor cursor;
        final StreamTap tap;
        private final NetSocket target;
        private final boolean fromClient;
        private final Messages messages;
        private boolean boundary = true;
        private long lastPassedNanos;

        Lane(NetSocket source, NetSocket target, boolean fromClient, long messageMax, Messages messages) {
            this.target = target;
            this.fromClient = fromClient;
            this.messages = messages;
            this.cursor = new FrameCursor(fromClient, messageMax, messages);
            messages.cursor = cursor;
            this.tap = new StreamTap(source, target, loop.context(), -1, this);
        }

        @Override
        public boolean waits(Buffer chunk, Runnable then) {
            return attempt.waits(chunk.length(), chunk.length(), then);
        }

        @Override
        public Buffer passing(Buffer chunk) {
            ByteBuf bytes = ((BufferInternal) chunk).getByteBuf();
            if (!bytes.hasArray()) {
                return passing(Buffer.buffer(chunk.getBytes()));
            }
            long before = cursor.payloadBytes();
            FrameCursor.Fault fault = cursor.accept(bytes.array(), bytes.arrayOffset() + bytes.readerIndex(),
                    bytes.readableBytes());
            int moved = (int) (cursor.payloadBytes() - before);
            if (fault != null) {
                owner.faulted(fromClient, fault);
                return NOTHING;
            }
            Refusal refusal = attempt.move(moved, moved);
            if (refusal != null) {
                owner.capped(refusal);
                return NOTHING;
            }
            if (!count(moved)) {
                owner.notKept();
                return NOTHING;
            }
            return chunk;
        }

        /// @return whether what had to be kept first is kept
        private boolean count(int moved) {
            long now = loop.clock().nanoTime();
            lastPassedNanos = now;
            boundary = cursor.atBoundary();
            if (cursor.closeCode() >= 0 && firstClosed == null) {
                firstClosed = this;
                closedAtNanos = now;
            }
            if (fromClient) {
                attempt.call.clientIn += moved;
                attempt.sent(moved, now);
                return true;
            }
            attempt.received(moved, now);
            attempt.clientOut += moved;
            if (messages.takeTold()) {
                return keepProgress(now);
            }
            keepProgressIfDue(now);
            return true;
        }

        boolean mayBeClosed() {
            return boundary && cursor.closeCode() < 0;
        }

        void writePending() {
            Buffer pending = tap.takePending();
            if (pending != null) {
                var _ = target.write(pending);
            }
        }

        boolean isStuck(long nowNanos, long nanosMost) {
            return tap.isPaused() && nowNanos - lastPassedNanos > nanosMost;
        }

        @Override
        public void ended() {
            owner.socketEnded(fromClient);
        }

        @Override
        public void broken(Throwable cause) {
            owner.socketEnded(fromClient);
        }

        @Override
        public void failed(Throwable unforeseen) {
            owner.failed(unforeseen);
        }
    }

    /// What the reader hears of one direction.
    private abstract static class Messages implements FrameCursor.Listener {
        @Nullable
        FrameCursor cursor;

        /// Whether something that passed since the last time told what was used.
        boolean takeTold() {
            return false;
        }
    }

    private final class ServerMessages extends Messages {
        private boolean told;

        @Override
        public void payload(boolean text, byte[] bytes, int from, int to) {
            reader.server(bytes, from, to);
        }

        @Override
        public void messageEnd(boolean text) {
            told |= reader.serverMessageEnd();
        }

        @Override
        boolean takeTold() {
            boolean was = told;
            told = false;
            return was;
        }
    }

    private final class ClientMessages extends Messages {
        private byte[] plain = new byte[0];

        @Override
        public void payload(boolean text, byte[] bytes, int from, int to) {
            if (!reader.readsClient() || cursor == null) {
                return;
            }
            int length = to - from;
            if (plain.length < length) {
                plain = new byte[length];
            }
            for (int i = 0; i < length; i++) {
                plain[i] = cursor.unmasked(bytes, from, i);
            }
            reader.client(plain, length);
        }

        @Override
        public void messageEnd(boolean text) {
            if (reader.readsClient()) {
                reader.clientMessageEnd();
            }
        }
    }
}
