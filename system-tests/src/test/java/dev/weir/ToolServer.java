package dev.weir;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/// A little MCP server over streamable HTTP with sessions: two tools, `add`, which answers in JSON, and `slow`, which answers
/// in events after a notification; a stream of its own messages for who listens. It takes calls with its own token only.
final class ToolServer implements AutoCloseable {
    static final String TOKEN = "token-of-the-server";

    private final HttpServer server;
    private final Queue<String> calls = new ConcurrentLinkedQueue<>();
    private final Queue<String> methods = new ConcurrentLinkedQueue<>();
    private final Set<String> sessions = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);

    ToolServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/mcp", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// The tools that were called, each as often as it was.
    Queue<String> calls() {
        return calls;
    }

    /// The methods of HTTP that came in a session.
    Queue<String> methods() {
        return methods;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.sendResponseHeaders(401, -1);
                return;
            }
            String session = exchange.getRequestHeaders().getFirst("Mcp-Session-Id");
            if (session != null && sessions.contains(session)) {
                methods.add(exchange.getRequestMethod());
            }
            switch (exchange.getRequestMethod()) {
                case "GET" -> listen(exchange);
                case "DELETE" -> exchange.sendResponseHeaders(204, -1);
                default -> message(exchange, new JsonObject(new String(body, StandardCharsets.UTF_8)), session);
            }
        }
    }

    private void listen(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        event(exchange, new JsonObject().put("jsonrpc", "2.0").put("method", "notifications/tools/list_changed"));
        try {
            closed.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void message(HttpExchange exchange, JsonObject message, String session) throws IOException {
        String method = message.getString("method");
        if (!message.containsKey("id")) {
            exchange.sendResponseHeaders(202, -1);
            return;
        }
        if (method.equals("initialize")) {
            String opened = UUID.randomUUID().toString();
            sessions.add(opened);
            exchange.getResponseHeaders().set("Mcp-Session-Id", opened);
            json(exchange, result(message, new JsonObject()
                    .put("protocolVersion", message.getJsonObject("params").getString("protocolVersion"))
                    .put("capabilities", new JsonObject().put("tools", new JsonObject().put("listChanged", true)))
                    .put("serverInfo", new JsonObject().put("name", "tools").put("version", "1"))));
        } else if (session == null || !sessions.contains(session)) {
            exchange.sendResponseHeaders(404, -1);
        } else if (method.equals("tools/list")) {
            json(exchange, result(message, new JsonObject()
                    .put("tools", new JsonArray().add(tool("add")).add(tool("slow")))));
        } else if (method.equals("tools/call")) {
            called(exchange, message);
        } else {
            json(exchange, result(message, new JsonObject()));
        }
    }

    private void called(HttpExchange exchange, JsonObject message) throws IOException {
        String tool = message.getJsonObject("params").getString("name");
        calls.add(tool);
        JsonObject result = result(message, new JsonObject().put("isError", false)
                .put("content", new JsonArray().add(new JsonObject().put("type", "text").put("text", "done"))));
        if (!tool.equals("slow")) {
            json(exchange, result);
            return;
        }
        exchange.getResponseHeaders().set("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(": ping\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        event(exchange, new JsonObject().put("jsonrpc", "2.0")
                .put("method", "notifications/message")
                .put("params", new JsonObject().put("level", "info").put("data", "soon")));
        event(exchange, result);
    }

    private static JsonObject tool(String name) {
        return new JsonObject().put("name", name)
                .put("description", name)
                .put("inputSchema", new JsonObject().put("type", "object"));
    }

    private static JsonObject result(JsonObject request, JsonObject result) {
        return new JsonObject().put("jsonrpc", "2.0").put("id", request.getValue("id")).put("result", result);
    }

    private static void json(HttpExchange exchange, JsonObject message) throws IOException {
        byte[] bytes = message.encode().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static void event(HttpExchange exchange, JsonObject message) throws IOException {
        exchange.getResponseBody()
                .write(("event: message\r\ndata: " + message.encode() + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
        exchange.getResponseBody().flush();
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
    }
}
