package dev.weir.exchange;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/// Runs a client's steps where its answers arrive. A step that hangs itself on from the test's own thread may come too late: the
/// body has begun to pass by then, and its beginning is lost.
final class OnLoop {
    private OnLoop() {}

    static <T> Future<T> run(Vertx vertx, Supplier<Future<T>> steps) {
        Promise<T> result = Promise.promise();
        vertx.getOrCreateContext().runOnContext(begin -> steps.get().onComplete(result));
        return result.future();
    }
}
