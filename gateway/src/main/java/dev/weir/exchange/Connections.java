package dev.weir.exchange;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// How many client connections are open, all together and from each address, and whether there is room for one more (G7).
///
/// One for all loops. Any thread: acceptors ask, and a connection gives its room back on its own loop.
final class Connections {
    /// Names the limit in the metric.
    static final String TOTAL = "total";
    static final String ADDRESS = "address";

    private final int most;
    private final int mostPerAddress;
    private final Consumer<String> onRefused;
    private final AtomicInteger open = new AtomicInteger();
    private final ConcurrentHashMap<InetAddress, Integer> openByAddress = new ConcurrentHashMap<>();

    /// @param onRefused told which limit refused a connection; must not wait
    Connections(int most, int mostPerAddress, Consumer<String> onRefused) {
        this.most = most;
        this.mostPerAddress = mostPerAddress;
        this.onRefused = onRefused;
    }

    int open() {
        return open.get();
    }

    /// Takes room for a connection that was just accepted, until it is closed.
    ///
    /// @return whether there was any
    boolean take(Channel connection) {
        if (!enter(open)) {
            onRefused.accept(TOTAL);
            return false;
        }
        InetAddress address = connection.remoteAddress() instanceof InetSocketAddress remote
                ? remote.getAddress()
                : null;
        if (address != null && !enter(address)) {
            open.decrementAndGet();
            onRefused.accept(ADDRESS);
            return false;
        }
        connection.closeFuture().addListener(closed -> leave(address));
        return true;
    }

    private boolean enter(AtomicInteger count) {
        int now = count.get();
        while (now < most) {
            int witness = count.compareAndExchange(now, now + 1);
            if (witness == now) {
                return true;
            }
            now = witness;
        }
        return false;
    }

    private boolean enter(InetAddress address) {
        var entered = new boolean[1];
        openByAddress.compute(address, (same, count) -> {
            int before = count == null ? 0 : count;
            entered[0] = before < mostPerAddress;
            return entered[0] ? Integer.valueOf(before + 1) : count;
        });
        return entered[0];
    }

    private void leave(@Nullable InetAddress address) {
        if (address != null) {
            openByAddress.compute(address, (same, count) -> count == null || count == 1 ? null : count - 1);
        }
        open.decrementAndGet();
    }
}
