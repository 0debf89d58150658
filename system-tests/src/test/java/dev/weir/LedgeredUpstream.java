package dev.weir;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;

/// An upstream double that speaks OpenAI's chat and keeps a ledger of its own: each request is written down before it is
/// answered. Requests carry a mark in their `user` field; the answer's output tokens are told by the mark's hash.
final class LedgeredUpstream implements AutoCloseable {
    static final long TOKENS_IN = 11;

    private final HttpServer server;
    private final Queue<String> ledger = new ConcurrentLinkedQueue<>();

    LedgeredUpstream() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// The marks of all requests, each as often as it came.
    Queue<String> ledger() {
        return ledger;
    }

    static long tokensOut(String mark) {
        return 1 + Math.floorMod(mark.hashCode(), 97);
    }

    static String request(String mark, boolean stream) {
        return "{\"model\":\"gpt-4o-mini\",\"user\":\"" + mark + "\",\"stream\":" + stream
                + ",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String mark = body.replaceAll(".*\"user\":\"([^\"]+)\".*", "$1");
            ledger.add(mark);
            String usage = "{\"prompt_tokens\":" + TOKENS_IN + ",\"completion_tokens\":" + tokensOut(mark)
                    + ",\"total_tokens\":" + (TOKENS_IN + tokensOut(mark)) + "}";
            if (body.contains("\"stream\":true")) {
                exchange.getResponseHeaders().set("content-type", "text/event-stream");
                exchange.sendResponseHeaders(200, 0);
                for (int i = 0; i < 5; i++) {
                    send(exchange,
                            "{\"id\":\"" + mark + "\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":"
                                    + "{\"content\":\"word\"}}]}");
                }
                send(exchange,
                        "{\"id\":\"" + mark + "\",\"model\":\"gpt-4o-mini\",\"choices\":[],\"usage\":" + usage + "}");
                send(exchange, "[DONE]");
            } else {
                byte[] json = ("{\"id\":\"" + mark
                        + "\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"message\":"
                        + "{\"role\":\"assistant\",\"content\":\"word\"}}],\"usage\":" + usage + "}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("content-type", "application/json");
                exchange.sendResponseHeaders(200, json.length);
                exchange.getResponseBody().write(json);
            }
        }
    }

    private static void send(HttpExchange exchange, String data) throws IOException {
        exchange.getResponseBody().write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
        exchange.getResponseBody().flush();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
