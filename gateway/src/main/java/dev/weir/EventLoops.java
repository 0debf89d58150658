package dev.weir;

import dev.weir.config.GatewayConfig;
import dev.weir.config.GatewayConfig.Runtime.Transport;
import dev.weir.exchange.StrictHead;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How many event loops there are and how they drive their sockets.
final class EventLoops {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoops.class);

    private EventLoops() {}

    /// One for each processor but one, and at least one, unless configured.
    static int count(GatewayConfig config) {
        int configured = config.runtime().eventLoops();
        return configured > 0 ? configured : Math.max(1, java.lang.Runtime.getRuntime().availableProcessors() - 1);
    }

    static Vertx vertx(GatewayConfig config, StrictHead head) {
        var options = new VertxOptions().setEventLoopPoolSize(count(config) + 1).setDisableTCCL(true);
        return Vertx.builder().with(options).withTransport(head.guard(transport(config.runtime().transport()))).build();
    }

    private static io.vertx.core.transport.Transport transport(Transport wanted) {
        return switch (wanted) {
            case AUTO -> best();
            case IO_URING -> required(io.vertx.core.transport.Transport.IO_URING, wanted);
            case EPOLL -> required(io.vertx.core.transport.Transport.EPOLL, wanted);
            case NIO -> io.vertx.core.transport.Transport.NIO;
        };
    }

    /// io_uring costs least, but container runtimes often forbid it; epoll is everywhere on Linux.
    private static io.vertx.core.transport.Transport best() {
        for (var transport : new io.vertx.core.transport.Transport[]{io.vertx.core.transport.Transport.IO_URING,
            io.vertx.core.transport.Transport.EPOLL}) {
            if (isAvailable(transport)) {
                return transport;
            }
        }
        return io.vertx.core.transport.Transport.NIO;
    }

    private static io.vertx.core.transport.Transport required(io.vertx.core.transport.Transport transport,
            Transport wanted) {
        if (isAvailable(transport)) {
            return transport;
        }
        throw new StartFailure("runtime.transport is " + wanted + ", which does not work here. Set it to auto.");
    }

    private static boolean isAvailable(io.vertx.core.transport.@org.jspecify.annotations.Nullable Transport transport) {
        if (transport != null && transport.available()) {
            return true;
        }
        LOG.debug("transport {} is not available", transport);
        return false;
    }
}
