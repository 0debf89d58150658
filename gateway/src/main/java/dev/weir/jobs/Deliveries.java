package dev.weir.jobs;

import dev.weir.port.Clock;
import dev.weir.port.Random;
import dev.weir.postgres.AlertRow;
import dev.weir.postgres.AlertRow.Delivery;
import dev.weir.postgres.AlertRow.State;
import dev.weir.postgres.Alerts;
import dev.weir.postgres.Budgets;
import dev.weir.postgres.DatabaseException;
import dev.weir.postgres.SecretBox;
import dev.weir.tenant.Budget;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends alerts to their webhooks until somebody takes them: at least once, under the same id each time.
///
/// An alert is tried [#ATTEMPTS_MAX] times over about a day: the first pause is 5 seconds, each is three times the one before
/// up to 6 hours, and each is made up to a fifth shorter or longer so that many do not come at once. An answer of 2xx ends it
/// well; 410 (the receiver wants no more) and a webhook that is no more give it up at once. What is given up is a dead letter:
/// an ERROR in the log, and somebody has to send it again.
///
/// All nodes share the work: whoever claims an alert has [#CLAIM] to send it. A round sends what is due and returns when all of
/// it has ended; each delivery is on a virtual thread of its own, so a slow receiver delays others by one timeout at most.
public final class Deliveries implements AutoCloseable {
    public static final int ATTEMPTS_MAX = 12;
    /// More than the sender may take for one request.
    public static final Duration CLAIM = Duration.ofMinutes(1);
    private static final Duration PAUSE_FIRST = Duration.ofSeconds(5);
    private static final Duration PAUSE_MAX = Duration.ofHours(6);
    private static final int PAUSE_FACTOR = 3;
    private static final int AT_ONCE = 64;
    private static final int GONE = 410;
    private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);

    private final Alerts alerts;
    private final SecretBox box;
    private final Sender sender;
    private final Clock clock;
    private final Random random;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("weir-alert-", 0).factory());
    private final LongAdder delivered = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder givenUp = new LongAdder();
    private final AtomicLong dead = new AtomicLong();

    /// One HTTP request. Waits for the answer, 10 seconds or so at most.
    public interface Sender {
        /// Never throws but for being interrupted: what went wrong is in the answer.
        Answer post(String url, Map<String, String> headers, byte[] body) throws InterruptedException;
    }

    /// What came of a request.
    ///
    /// @param status of the answer, 0 where none came
    /// @param error why none came, or empty; names no secret
    public record Answer(int status, String error) {
        boolean isTaken() {
            return status >= 200 && status < 300;
        }
    }

    public Deliveries(Alerts alerts, SecretBox box, Sender sender, Clock clock, Random random) {
        this.alerts = alerts;
        this.box = box;
        this.sender = sender;
        this.clock = clock;
        this.random = random;
    }

    /// Sends what is due.
    ///
    /// @throws DatabaseException where the database did not answer; the next round goes on
    public void round() {
        var due = alerts.due(clock.now(), AT_ONCE);
        if (!due.isEmpty()) {
            var tasks = new ArrayList<Callable<Optional<AlertRow>>>();
            due.forEach(one -> tasks.add(() -> deliver(one, clock.now())));
            awaitAll(tasks);
        }
        dead.set(alerts.dead());
    }

    private void awaitAll(List<Callable<Optional<AlertRow>>> tasks) {
        try {
            for (Future<Optional<AlertRow>> task : threads.invokeAll(tasks)) {
                task.get();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    /// Sends one alert that waits for the caller, though it is not due before [#CLAIM] has passed.
    ///
    /// @return how it stands now; empty where it was not ours to send
    public Optional<AlertRow> deliverNow(Alerts.Due due) throws InterruptedException {
        return deliver(due, clock.now().plus(CLAIM));
    }

    private Optional<AlertRow> deliver(Alerts.Due due, Instant dueBy) throws InterruptedException {
        Instant now = clock.now();
        var claim = alerts.claim(due, now, dueBy, now.plus(CLAIM));
        if (claim.isEmpty()) {
            return Optional.empty();
        }
        AlertRow alert = claim.get().alert();
        return alerts.end(alert, next(alert, send(claim.get(), now)));
    }

    private Answer send(Alerts.Claim claim, Instant now) throws InterruptedException {
        AlertRow alert = claim.alert();
        Alerts.Hook hook = claim.hook();
        if (hook == null) {
            return new Answer(GONE, "the budget, or its webhook, is no more");
        }
        var secret = box.open(Budgets.TABLE, alert.tenant(), budgetId(alert), hook.sealedSecret());
        if (secret.isEmpty()) {
            return new Answer(0,
                    "the webhook's secret cannot be opened: keys.pepper is another than when it was made. Have a"
                            + " new one made (PUT /api/budgets with rotate_secret)");
        }
        byte[] body = AlertMessage.body(alert);
        return sender.post(hook.url(), AlertMessage.headers(alert.id(), now, body, secret.get()), body);
    }

    private Delivery next(AlertRow alert, Answer answer) {
        Instant now = clock.now();
        Integer status = answer.status() == 0 ? null : answer.status();
        if (answer.isTaken()) {
            delivered.increment();
            return new Delivery(State.DELIVERED, 0, null, null, status, null, now);
        }
        failed.increment();
        String error = answer.error().isEmpty() ? "the receiver answered " + answer.status() : answer.error();
        int attempts = alert.delivery().attempts();
        if (alert.test() || answer.status() == GONE || attempts >= ATTEMPTS_MAX) {
            givenUp.increment();
            if (!alert.test()) {
                LOG.error(
                        "alert {} of tenant {} ('{}' at {} %) could not be delivered and is given up after {} attempts: {}."
                                + " It is in GET /api/alerts?state=dead; POST /api/alerts/{}/redeliver sends it again.",
                        alert.id(), alert.tenant(), alert.limitId(), alert.mark().percent(), attempts, error,
                        alert.id());
            }
            return new Delivery(State.DEAD, 0, null, null, status, error, null);
        }
        return new Delivery(State.PENDING, 0, now.plus(pause(attempts)), null, status, error, null);
    }

    /// Before the next attempt.
    private Duration pause(int attempts) {
        Duration pause = pauseAfter(attempts);
        var bytes = new byte[Integer.BYTES];
        random.nextBytes(bytes);
        int fifths = Math.floorMod(java.nio.ByteBuffer.wrap(bytes).getInt(), 401) - 200;
        return pause.plus(pause.multipliedBy(fifths).dividedBy(1_000));
    }

    /// Without what chance adds.
    static Duration pauseAfter(int attempts) {
        Duration pause = PAUSE_FIRST;
        for (int i = 1; i < attempts && pause.compareTo(PAUSE_MAX) < 0; i++) {
            pause = pause.multipliedBy(PAUSE_FACTOR);
        }
        return pause.compareTo(PAUSE_MAX) < 0 ? pause : PAUSE_MAX;
    }

    static String budgetId(AlertRow alert) {
        return alert.limitId().substring(Budget.LIMIT_PREFIX.length());
    }

    /// Attempts of this process that somebody took. Any thread, as the following.
    public long delivered() {
        return delivered.sum();
    }

    /// Attempts that came to nothing, those included after which an alert was given up.
    public long failed() {
        return failed.sum();
    }

    /// Alerts that this process gave up.
    public long givenUp() {
        return givenUp.sum();
    }

    /// Dead letters in the database, of all nodes, at the end of the last round.
    public long dead() {
        return dead.get();
    }

    /// Sends are not waited for: their alerts are due again when their claims end.
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
