package dev.weir.control;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// The control plane's server. Any thread may start and close it; what a request goes through says [ControlRouter].
public final class ControlPlane {
    /// Nothing passes while an operation works, and an audit of a long range takes minutes.
    private static final int IDLE_SECONDS = 600;

    private final HttpServer server;
    private final ExecutorService workers;

    private ControlPlane(HttpServer server, ExecutorService workers) {
        this.server = server;
        this.workers = workers;
    }

    /// Reads the document, checks that it and the resources name the same operations, and listens.
    ///
    /// @return fails where the two differ, an operation declares no roles, or the address is taken
    public static Future<ControlPlane> start(Vertx vertx, ControlOptions options, AdminKey adminKey,
            List<Resource> resources) {
        return Contract.load(vertx).compose(contract -> {
            var operations = new HashMap<String, Operation>();
            resources.forEach(resource -> operations.putAll(resource.operations()));
            operations.putAll(new ContractResource(contract).operations());
            requireSame(contract, operations);
            var workers = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("control-", 0).factory());
            var router = new ControlRouter(vertx, options, contract, new Gatekeeper(adminKey, options), operations,
                    workers);
            return vertx.createHttpServer(http(options))
                    .requestHandler(router.build())
                    .invalidRequestHandler(Answers::refuseHead)
                    .listen()
                    .map(server -> new ControlPlane(server, workers));
        });
    }

    /// Where it listens.
    public int port() {
        return server.actualPort();
    }

    /// Stops listening and lets no new work begin; what runs may end.
    public Future<Void> close() {
        workers.shutdown();
        return server.close();
    }

    static HttpServerOptions http(ControlOptions options) {
        var http = new HttpServerOptions().setHost(options.address().host())
                .setPort(options.address().port())
                .setIdleTimeout(IDLE_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS);
        options.tls()
                .ifPresent(tls -> http.setSsl(true)
                        .setKeyCertOptions(new PemKeyCertOptions().addCertPath(tls.cert().toString())
                                .addKeyPath(tls.key().toString())));
        return http;
    }

    private static void requireSame(Contract contract, Map<String, Operation> operations) {
        var documented = new HashSet<String>();
        contract.document().operations().forEach(operation -> documented.add(operation.getOperationId()));
        if (!documented.equals(operations.keySet())) {
            var missing = new HashSet<>(documented);
            missing.removeAll(operations.keySet());
            var undocumented = new HashSet<>(operations.keySet());
            undocumented.removeAll(documented);
            throw new IllegalStateException("openapi.yaml and the resources differ: documented and not served "
                    + missing + ", served and not documented " + undocumented);
        }
    }
}
