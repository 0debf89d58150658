package dev.weir;

import dev.weir.ChaosCall.Mood;
import dev.weir.ChaosCall.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/// Clients of a chaos run, and the ledger of what each of them saw. They call at a modest pace, in every shape and mood, for
/// payers with and without caps, until they are told to end. Any thread.
final class ChaosTraffic {
    private static final Duration PACE = Duration.ofMillis(12);
    private static final Duration CALL_MAX = Duration.ofSeconds(30);
    private static final int CALLS_TO_EXHAUST = 2_000;
    private static final int LEAVES_AFTER_BYTES = 700;
    private static final Pattern TOKENS_OUT = Pattern.compile("\"(?:completion|output)_tokens\":(\\d+)");
    private static final Pattern REASON = Pattern.compile("\"code\":\"([a-z_]+)\"");

    private static final Pattern LEFT = Pattern.compile(";r=(\\d+)");
    private static final HttpClient ONE_BY_ONE = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final Queue<Seen> ledger = new ConcurrentLinkedQueue<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final long seed;
    private final int tagBytes;

    /// Who pays.
    ///
    /// @param plan which says the caps
    record Payer(String tenant, String key, String plan) {}

    /// What a client saw of its call.
    ///
    /// @param status 0 where no head came
    /// @param callId Weir's, empty where none came
    /// @param whole whether the answer's end was seen
    /// @param bytesSeen of the answer's body, -1 where it is not known because the answer was cut
    /// @param tokensOut the last count of output tokens in the answer, -1 where it told none
    /// @param reason the code of a refusal of Weir's, empty for other answers
    /// @param left what the tightest cap had left by the answer's head, -1 where it does not say
    record Seen(ChaosCall call, int status, String callId, boolean whole, long bytesSent, long bytesSeen,
            long tokensOut, String reason, long left) {}

    ChaosTraffic(long seed, int tagBytes) {
        this.seed = seed;
        this.tagBytes = tagBytes;
    }

    List<Seen> ledger() {
        return List.copyOf(ledger);
    }

    /// Calls that have ended, with any result.
    int calls() {
        return ledger.size();
    }

    /// Calls whose end a client saw, with status 200.
    long answered() {
        return ledger.stream().filter(seen -> seen.whole && seen.status == 200).count();
    }

    long refused(String reason) {
        return ledger.stream().filter(seen -> seen.reason.equals(reason)).count();
    }

    /// Some clients, as long as they are not closed.
    final class Clients implements AutoCloseable {
        private final List<Thread> threads = new ArrayList<>();
        private final AtomicInteger left;
        private final HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(5))
                .build();
        private volatile boolean over;

        private Clients(int callsMax) {
            left = new AtomicInteger(callsMax);
        }

        /// Returns when so many more calls have ended, or `broken` is true.
        void awaitMore(int calls, BooleanSupplier broken) {
            int until = calls() + calls;
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> calls() >= until || broken.getAsBoolean() || isIdle());
        }

        /// Returns when so many more calls were answered well.
        void awaitAnswers(int more) {
            long until = answered() + more;
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> answered() >= until);
        }

        boolean isIdle() {
            return threads.stream().noneMatch(Thread::isAlive);
        }

        void awaitEnd() throws InterruptedException {
            for (Thread thread : threads) {
                thread.join();
            }
        }

        /// Returns when the calls that run have ended.
        @Override
        public void close() {
            over = true;
            threads.forEach(thread -> {
                try {
                    thread.join();
                } catch (InterruptedException stopped) {
                    Thread.currentThread().interrupt();
                }
            });
            http.shutdownNow();
        }
    }

    /// Lets clients call.
    ///
    /// @param prefix of the marks, unique among the rounds of a run
    /// @param url of the data plane
    /// @param alive whether it is worth trying again after a failure
    /// @param callsMax of all clients together
    Clients start(int clients, int callsMax, String prefix, List<Payer> payers, Supplier<String> url,
            BooleanSupplier alive) {
        var started = new Clients(callsMax);
        for (int client = 0; client < clients; client++) {
            var random = new SplittableRandom(seed ^ prefix.hashCode() * 31L + client);
            started.threads.add(Thread.ofVirtual().name("chaos-client").start(() -> {
                while (!started.over && started.left.getAndDecrement() > 0) {
                    if (!call(started.http, next(random, prefix, payers), url.get()) && !alive.getAsBoolean()) {
                        return;
                    }
                    LockSupport.parkNanos(random.nextLong(PACE.toNanos()));
                }
            }));
        }
        return started;
    }

    /// One call by hand: a small whole answer.
    Seen one(String prefix, Payer payer, String url) throws IOException, InterruptedException {
        var call = new ChaosCall(payer.tenant + "." + prefix + "-" + numbers.incrementAndGet(), payer.tenant, payer.key,
                Shape.CHAT, Mood.QUICK);
        byte[] body = call.body();
        Seen seen = read(ONE_BY_ONE, call, HttpRequest.newBuilder(URI.create(url + call.path()))
                .timeout(CALL_MAX)
                .headers(call.headers(tagBytes).toArray(String[]::new))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(), body.length);
        ledger.add(seen);
        return seen;
    }

    /// Calls until the payer's cap refuses.
    ///
    /// @return what the cap has left then, by the refusal's own head
    long exhaust(String prefix, Payer payer, String url) throws IOException, InterruptedException {
        for (int calls = 0; calls < CALLS_TO_EXHAUST; calls++) {
            Seen seen = one(prefix, payer, url);
            if (seen.status == 429) {
                return seen.left;
            }
        }
        throw new AssertionError("no cap of " + payer + " refuses after " + CALLS_TO_EXHAUST + " calls");
    }

    private ChaosCall next(SplittableRandom random, String prefix, List<Payer> payers) {
        Payer payer = payers.get(random.nextInt(payers.size()));
        String mark = payer.tenant + "." + prefix + "-" + numbers.incrementAndGet();
        Shape shape = Shape.values()[random.nextInt(Shape.values().length)];
        Mood mood = switch (random.nextInt(20)) {
            case 0, 1, 2, 3 -> Mood.SLOW;
            case 4, 5 -> shape.isStream() ? Mood.LEAVING : Mood.QUICK;
            case 6 -> Mood.BUSY;
            case 7 -> Mood.FAILING;
            case 8 -> Mood.BREAKING;
            default -> Mood.QUICK;
        };
        return new ChaosCall(mark, payer.tenant, payer.key, shape, mood);
    }

    /// @return whether an answer came
    private boolean call(HttpClient http, ChaosCall call, String base) {
        byte[] body = call.body();
        var request = HttpRequest.newBuilder(URI.create(base + call.path()))
                .timeout(CALL_MAX)
                .headers(call.headers(tagBytes).toArray(String[]::new));
        if (call.shape() == Shape.READ) {
            request.GET();
        } else {
            request.POST(HttpRequest.BodyPublishers.ofByteArray(body));
        }
        try {
            ledger.add(call.mood() == Mood.LEAVING
                    ? leave(http, call, request.build(), body.length)
                    : read(http, call, request.build(), body.length));
            return true;
        } catch (IOException cut) {
            ledger.add(new Seen(call, 0, "", false, body.length, -1, -1, "", -1));
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static Seen read(HttpClient http, ChaosCall call, HttpRequest request, int sent)
            throws IOException, InterruptedException {
        var answer = http.send(request, BodyHandlers.ofByteArray());
        String text = new String(answer.body(), StandardCharsets.UTF_8);
        var tokens = TOKENS_OUT.matcher(text);
        long out = -1;
        while (tokens.find()) {
            out = Long.parseLong(tokens.group(1));
        }
        var reason = REASON.matcher(text);
        return new Seen(call, answer.statusCode(), callId(answer.headers()), true, sent, answer.body().length, out,
                answer.statusCode() >= 400 && reason.find() ? reason.group(1) : "",
                left(answer.headers()));
    }

    private static Seen leave(HttpClient http, ChaosCall call, HttpRequest request, int sent)
            throws IOException, InterruptedException {
        var answer = http.send(request, BodyHandlers.ofInputStream());
        try (InputStream body = answer.body()) {
            byte[] begin = body.readNBytes(LEAVES_AFTER_BYTES);
            var reason = REASON.matcher(new String(begin, StandardCharsets.UTF_8));
            boolean whole = begin.length < LEAVES_AFTER_BYTES;
            return new Seen(call, answer.statusCode(), callId(answer.headers()), whole, sent, whole ? begin.length : -1,
                    -1, answer.statusCode() >= 400 && reason.find() ? reason.group(1) : "", left(answer.headers()));
        }
    }

    private static long left(HttpHeaders headers) {
        var left = LEFT.matcher(headers.firstValue("ratelimit").orElse(""));
        return left.find() ? Long.parseLong(left.group(1)) : -1;
    }

    private static String callId(HttpHeaders headers) {
        return headers.firstValue("x-weir-request-id").orElse("");
    }
}
