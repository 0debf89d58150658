package dev.weir.control;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// Health and metrics of a process without a control plane, at the paths and for the callers of the document. Any thread may
/// start and close it.
public final class Probes {
    private static final Access ANYONE = new Access(true, false, Set.of());
    private static final Access OPERATORS = new Access(false, true, Set.of(Role.ADMIN));

    private final HttpServer server;
    private final ExecutorService workers;

    private Probes(HttpServer server, ExecutorService workers) {
        this.server = server;
        this.workers = workers;
    }

    /// @return fails where the address is taken
    public static Future<Probes> start(Vertx vertx, ControlOptions options, AdminKey adminKey, HealthResource health,
            MetricsResource metrics) {
        Map<String, Operation> operations = new HashMap<>();
        List.<Resource>of(health, metrics).forEach(resource -> operations.putAll(resource.operations()));
        var workers = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("probe-", 0).factory());
        var gatekeeper = new Gatekeeper(adminKey, options);
        var router = Router.router(vertx);
        serve(router, "/health/live", ANYONE, operations.get("getLiveness"), gatekeeper, workers);
        serve(router, "/health/ready", ANYONE, operations.get("getReadiness"), gatekeeper, workers);
        serve(router, "/metrics", OPERATORS, operations.get("getMetrics"), gatekeeper, workers);
        return vertx.createHttpServer(ControlPlane.http(options))
                .requestHandler(router)
                .invalidRequestHandler(Answers::refuseHead)
                .listen()
                .map(server -> new Probes(server, workers));
    }

    private static void serve(Router router, String path, Access access,
            @Nullable Operation operation, Gatekeeper gatekeeper, ExecutorService workers) {
        Operation known = Objects.requireNonNull(operation, path);
        router.route(HttpMethod.GET, path).handler(context -> {
            var against = gatekeeper.inspect(context.request());
            if (against.isPresent()) {
                Answers.send(context, Reply.failed(against.get()));
                return;
            }
            switch (gatekeeper.admit(context.request(), access)) {
                case Gatekeeper.Admission.Out(Problem problem) -> Answers.send(context, Reply.failed(problem));
                case Gatekeeper.Admission.In(Caller caller) -> run(context, known, caller, workers);
            }
        });
    }

    private static void run(RoutingContext context, Operation operation, Caller caller, ExecutorService workers) {
        var event = context.vertx().getOrCreateContext();
        workers.execute(() -> {
            Reply reply = reply(operation, caller);
            event.runOnContext(back -> Answers.send(context, reply));
        });
    }

    private static Reply reply(Operation operation, Caller caller) {
        try {
            return operation.answer(new Request(caller, Map.of(), new JsonObject()));
        } catch (RuntimeException failed) {
            return Reply.failed(Answers.unexpected(failed));
        }
    }

    /// Where it listens.
    public int port() {
        return server.actualPort();
    }

    public Future<Void> close() {
        workers.shutdown();
        return server.close();
    }
}
