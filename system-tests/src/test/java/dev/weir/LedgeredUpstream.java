package dev.weir;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/// An upstream double with a ledger of its own: OpenAI's chat, Anthropic's messages and a table of tickets. Each request is
/// written down before it is answered, and what was sent of the answer as it is sent. Any thread.
final class LedgeredUpstream implements AutoCloseable {
    private static final Duration BETWEEN_SLOW_WORDS = Duration.ofMillis(15);
    private static final Pattern OUTPUT_MAX = Pattern.compile("\"max_(?:completion_)?tokens\":\\s*(\\d+)");
    private static final int FAILED = 500;
    private static final int BUSY = 429;

    private final HttpServer server;
    private final Queue<Served> ledger = new ConcurrentLinkedQueue<>();
    private final Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();
    private final AtomicInteger running = new AtomicInteger();

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    /// One request, as this side saw it.
    ///
    /// @param id what the answer calls it, unique
    /// @param number 1 for the first request with this mark
    /// @param ends of each word of a streamed answer, in bytes from its beginning; filled while it is sent
    record Served(String id, String mark, int number, boolean isLlm, String model, long bytesIn, long tokensIn,
            long tokensOut, int status, List<Long> ends, AtomicLong bytesOut,
            AtomicBoolean whole) {
        String tenant() {
            return ChaosCall.tenantOf(mark);
        }

        /// How many words lie wholly in the first so many bytes of the answer.
        long wordsWithin(long bytes) {
            synchronized (ends) {
                return ends.stream().filter(end -> end <= bytes).count();
            }
        }
    }

    LedgeredUpstream() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::serve);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// All requests that came, once none is being answered.
    List<Served> ledger() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> running.get() == 0);
        return List.copyOf(ledger);
    }

    int served() {
        return ledger.size();
    }

    private void serve(HttpExchange exchange) throws IOException {
        running.incrementAndGet();
        try (exchange) {
            answer(exchange);
        } finally {
            running.decrementAndGet();
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String text = new String(body, StandardCharsets.UTF_8);
        String mark = exchange.getRequestHeaders().getFirst(ChaosCall.MARK);
        var mood = ChaosCall.Mood.valueOf(exchange.getRequestHeaders().getFirst(ChaosCall.MOOD));
        int number = attempts.computeIfAbsent(mark, m -> new AtomicInteger()).incrementAndGet();
        boolean chat = exchange.getRequestURI().getPath().endsWith("/chat/completions");
        boolean messages = exchange.getRequestURI().getPath().endsWith("/messages");
        int status = mood == ChaosCall.Mood.FAILING ? FAILED : mood == ChaosCall.Mood.BUSY && number == 1 ? BUSY : 200;
        boolean works = status == 200 && (chat || messages);
        var served = new Served("att-" + ids.incrementAndGet(), mark, number, chat || messages,
                chat ? "gpt-4o-mini" : messages ? "claude-haiku-4-5" : "", body.length,
                works ? ChaosCall.tokensIn(mark) : 0,
                works ? Math.min(ChaosCall.tokensOut(mark, mood), outputMax(text)) : 0, status,
                new ArrayList<>(), new AtomicLong(), new AtomicBoolean());
        ledger.add(served);
        exchange.getResponseHeaders().set("x-request-id", served.id);
        if (status != 200) {
            refuse(exchange, served);
        } else if (text.contains("\"stream\":true")) {
            stream(exchange, served, mood, chat ? chatEvents(served, text) : messageEvents(served));
        } else {
            whole(exchange, served, mood, chat ? chatAnswer(served) : "{\"result\":{\"number\":\"" + mark + "\"}}");
        }
    }

    /// The request's own limit, which Weir may have lowered to what a cap has left.
    private static long outputMax(String request) {
        var limit = OUTPUT_MAX.matcher(request);
        return limit.find() ? Long.parseLong(limit.group(1)) : Long.MAX_VALUE;
    }

    private static void refuse(HttpExchange exchange, Served served) throws IOException {
        if (served.status == BUSY) {
            exchange.getResponseHeaders().set("retry-after", "0");
        }
        whole(exchange, served, ChaosCall.Mood.QUICK,
                "{\"error\":{\"message\":\"injected\",\"type\":\"server_error\"}}");
    }

    private static void whole(HttpExchange exchange, Served served, ChaosCall.Mood mood, String json)
            throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(served.status, bytes.length);
        int upTo = mood == ChaosCall.Mood.BREAKING ? bytes.length / 2 : bytes.length;
        send(exchange, served, bytes, upTo);
        served.whole.set(upTo == bytes.length);
    }

    private static void send(HttpExchange exchange, Served served, byte[] bytes, int length) throws IOException {
        served.bytesOut.addAndGet(length);
        exchange.getResponseBody().write(bytes, 0, length);
        exchange.getResponseBody().flush();
    }

    /// One that is to break off announces more bytes than come, for an answer in chunks would be ended well.
    private static void stream(HttpExchange exchange, Served served, ChaosCall.Mood mood, List<String> events)
            throws IOException {
        boolean breaks = mood == ChaosCall.Mood.BREAKING;
        exchange.getResponseHeaders().set("content-type", "text/event-stream");
        long all = events.stream().mapToLong(event -> event.getBytes(StandardCharsets.UTF_8).length).sum();
        exchange.sendResponseHeaders(200, breaks ? all : 0);
        int last = breaks ? events.size() / 2 : events.size();
        for (String event : events.subList(0, last)) {
            byte[] bytes = event.getBytes(StandardCharsets.UTF_8);
            if (event.contains("\" word\"")) {
                synchronized (served.ends) {
                    served.ends.add(served.bytesOut.get() + bytes.length);
                }
            }
            send(exchange, served, bytes, bytes.length);
            if (mood == ChaosCall.Mood.SLOW || mood == ChaosCall.Mood.LEAVING) {
                LockSupport.parkNanos(BETWEEN_SLOW_WORDS.toNanos());
            }
        }
        served.whole.set(!breaks);
    }

    private static String chatAnswer(Served served) {
        return "{\"id\":\"chatcmpl-" + served.id + "\",\"object\":\"chat.completion\",\"model\":\"gpt-4o-mini\","
                + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
                + " word".repeat((int) served.tokensOut) + "\"},\"finish_reason\":\"stop\"}],\"usage\":"
                + chatUsage(served) + "}";
    }

    private static String chatUsage(Served served) {
        return "{\"prompt_tokens\":" + served.tokensIn + ",\"completion_tokens\":" + served.tokensOut
                + ",\"total_tokens\":" + (served.tokensIn + served.tokensOut) + "}";
    }

    private static List<String> chatEvents(Served served, String request) {
        List<String> events = new ArrayList<>();
        String head = "data: {\"id\":\"chatcmpl-" + served.id
                + "\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-4o-mini\",\"choices\":[";
        for (long word = 0; word < served.tokensOut; word++) {
            events.add(head + "{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n");
        }
        events.add(head + "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
        if (request.contains("\"include_usage\":true")) {
            events.add(head + "],\"usage\":" + chatUsage(served) + "}\n\n");
        }
        events.add("data: [DONE]\n\n");
        return events;
    }

    private static List<String> messageEvents(Served served) {
        List<String> events = new ArrayList<>();
        events.add("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_" + served.id
                + "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-haiku-4-5\",\"content\":[],"
                + "\"stop_reason\":null,\"usage\":{\"input_tokens\":" + served.tokensIn
                + ",\"output_tokens\":1}}}\n\n");
        events.add("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
                + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
        for (long word = 0; word < served.tokensOut; word++) {
            events.add("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
                    + "\"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}\n\n");
        }
        events.add("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
        events.add("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                + "\"usage\":{\"output_tokens\":" + served.tokensOut + "}}\n\n");
        events.add("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
        return events;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
