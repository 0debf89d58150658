package dev.weir.control;

import dev.weir.postgres.Actor;
import dev.weir.postgres.DatabaseException;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.ext.web.handler.InputTrustHandler;
import io.vertx.ext.web.handler.SecurityPolicyHandler;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/// The document's operations, each behind the same steps in the same order.
///
/// host and origin → who is calling → the governance header where it is asked for → body within its bound → valid by the
/// document → the operation, on a virtual thread, in the name of the caller.
/// The event loop reads and writes; whatever may wait for a database does so off it.
final class ControlRouter {
    private static final String CALLER = "caller";
    private static final String REQUEST = "request";
    private static final int[] STATUSES = {400, 404, 405, 406, 413, 414, 415, 500, 501};

    private final Vertx vertx;
    private final ControlOptions options;
    private final Contract contract;
    private final Gatekeeper gatekeeper;
    private final Governance governance;
    private final RequestReader reader;
    private final Map<String, Operation> operations;
    private final Executor workers;
    private final AtomicInteger running = new AtomicInteger();

    ControlRouter(Vertx vertx, ControlOptions options, Contract contract, Gatekeeper gatekeeper,
            Map<String, Operation> operations, Executor workers) {
        this.vertx = vertx;
        this.options = options;
        this.contract = contract;
        this.gatekeeper = gatekeeper;
        this.governance = new Governance(options.governanceHash());
        this.reader = new RequestReader(contract.document().getSchemaRepository());
        this.operations = operations;
        this.workers = workers;
    }

    Router build() {
        var builder = RouterBuilder.create(vertx, contract.document());
        for (var route : builder.getRoutes()) {
            var operation = route.getOperation();
            var access = contract.access(operation.getOperationId());
            boolean governed = Governance.isAskedFor(operation);
            var carriedOut = Objects.requireNonNull(operations.get(operation.getOperationId()));
            route.setDoSecurity(false)
                    .setDoValidation(false)
                    .addHandler((SecurityPolicyHandler) context -> admit(context, access, governed))
                    .addHandler(BodyHandler.create(false).setBodyLimit(options.bodyBytesMax()))
                    .addHandler((InputTrustHandler) context -> read(context, operation))
                    .addHandler(context -> run(context, carriedOut));
        }
        var router = Router.router(vertx);
        router.route().handler((SecurityPolicyHandler) this::inspect);
        router.route().subRouter(builder.createRouter());
        for (int status : STATUSES) {
            router.errorHandler(status, this::fail);
        }
        return router;
    }

    private void inspect(RoutingContext context) {
        var against = gatekeeper.inspect(context.request());
        if (against.isPresent()) {
            Answers.send(context, Reply.failed(against.get()));
        } else if (!isDecodable(context)) {
            Answers.send(context, Reply.failed(Answers.undecodable()));
        } else {
            context.next();
        }
    }

    /// The router would answer a broken percent-encoding itself, and not with a problem document.
    private static boolean isDecodable(RoutingContext context) {
        try {
            context.normalizedPath();
            context.queryParams();
            return true;
        } catch (IllegalArgumentException | HttpException e) {
            return false;
        }
    }

    private void admit(RoutingContext context, Access access, boolean governed) {
        switch (gatekeeper.admit(context.request(), access)) {
            case Gatekeeper.Admission.In _ when governed && !governance.isMet(context.request()) ->
                Answers.send(context, Reply.failed(governance.problem()));
            case Gatekeeper.Admission.In in -> {
                context.put(CALLER, in.caller());
                context.next();
            }
            case Gatekeeper.Admission.Out out -> Answers.send(context, Reply.failed(out.problem()));
        }
    }

    private void read(RoutingContext context, io.vertx.openapi.contract.Operation operation) {
        switch (reader.read(context, operation)) {
            case RequestReader.Reading.Valid valid -> {
                context.put(REQUEST, new Request(known(context, CALLER), valid.parameters(), valid.body()));
                context.next();
            }
            case RequestReader.Reading.Invalid invalid -> Answers.send(context, Reply.failed(invalid.problem()));
        }
    }

    private void run(RoutingContext context, Operation operation) {
        Request request = known(context, REQUEST);
        if (running.incrementAndGet() > options.requestsMax()) {
            running.decrementAndGet();
            Answers.send(context, Reply.failed(busy()));
            return;
        }
        var loop = vertx.getOrCreateContext();
        try {
            workers.execute(() -> {
                var reply = answer(operation, request);
                running.decrementAndGet();
                loop.runOnContext(ignored -> Answers.send(context, reply));
            });
        } catch (RejectedExecutionException closing) {
            running.decrementAndGet();
            Answers.send(context, Reply.failed(busy()));
        }
    }

    private static Reply answer(Operation operation, Request request) {
        try {
            return Actor.as(name(request.caller()), () -> operation.answer(request));
        } catch (DatabaseException e) {
            return Reply.failed(Answers.databaseAway(e));
        } catch (Throwable e) {
            // whatever it is, the client gets an answer and the place is free again
            return Reply.failed(Answers.unexpected(e));
        }
    }

    /// Empty for nobody.
    private static String name(Caller caller) {
        return switch (caller) {
            case Caller.Known known -> known.name();
            case Caller.Nobody nobody -> "";
        };
    }

    private void fail(RoutingContext context) {
        var problem = switch (context.statusCode()) {
            case 404 -> Problem.of(404, "not_found", "Not found",
                    "There is nothing at this path. What there is says /openapi.yaml.");
            case 405 -> wrongMethod(context);
            case 413 -> Problem.of(413, "body_too_large", "The body is too large",
                    "The body is over " + options.bodyBytesMax() + " bytes, and no operation needs as much.");
            case 400 -> Answers.undecodable();
            case 500 -> Answers.unexpected(context.failure());
            default -> Problem.of(context.statusCode(), "invalid_request", "The request is not valid",
                    "The request cannot be carried out as it is.");
        };
        Answers.send(context, Reply.failed(problem));
    }

    private Problem wrongMethod(RoutingContext context) {
        var methods = String.join(", ", contract.methods(context.normalizedPath()));
        context.response().putHeader("Allow", methods);
        return Problem.of(405, "method_not_allowed", "Not that method",
                context.request().method() + " is not possible here; possible are " + methods + ".");
    }

    private Problem busy() {
        return Problem.of(503, "overloaded", "Too much at once",
                "All " + options.requestsMax() + " places for requests are taken. Try again in a second.");
    }

    /// What an earlier step of this class put there.
    private static <T> T known(RoutingContext context, String name) {
        T value = context.get(name);
        return Objects.requireNonNull(value);
    }
}
