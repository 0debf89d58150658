package dev.weir;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/// A provider that streams far more than any request asks for, whatever output limit it is sent, in each of its dialects.
final class CarelessUpstream implements AutoCloseable {
    private static final int WORDS = 20_000;

    private final HttpServer server;
    private final AtomicInteger requests = new AtomicInteger();

    CarelessUpstream() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::serve);
        server.start();
    }

    /// Routes of Weir to it.
    String config() {
        var config = new StringBuilder("routes:\n");
        for (String provider : new String[]{"openai", "anthropic", "google"}) {
            config.append("  ").append(provider).append(": {kind: llm, provider: ").append(provider);
            config.append(", upstream: \"http://127.0.0.1:").append(server.getAddress().getPort());
            config.append("\", credential: k, allow-private: true}\n");
        }
        return config.toString();
    }

    /// How many requests came since this was asked.
    int takeRequests() {
        return requests.getAndSet(0);
    }

    private void serve(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            String path = exchange.getRequestURI().getPath();
            exchange.getResponseHeaders().set("content-type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            if (path.endsWith("/chat/completions")) {
                stream(exchange, "", CarelessUpstream::chat);
            } else if (path.endsWith("/responses")) {
                stream(exchange, RESPONSE_BEGINS, CarelessUpstream::response);
            } else if (path.endsWith("/messages")) {
                stream(exchange, MESSAGE_BEGINS, CarelessUpstream::message);
            } else {
                stream(exchange, "", CarelessUpstream::candidate);
            }
        }
    }

    /// Until somebody hangs up.
    private static void stream(HttpExchange exchange, String begin, IntFunction<String> word) throws IOException {
        OutputStream out = exchange.getResponseBody();
        out.write(begin.getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < WORDS; i++) {
            out.write(word.apply(i).getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    private static String chat(int number) {
        return "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
                + "\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{"
                + (number == 0 ? "\"role\":\"assistant\"," : "")
                + "\"content\":\" word\"},\"finish_reason\":null}]}\n\n";
    }

    private static final String RESPONSE_BEGINS = """
            event: response.created
            data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response",\
            "created_at":1700000000,"status":"in_progress","error":null,"incomplete_details":null,"instructions":null,\
            "metadata":{},"model":"gpt-4o-mini","output":[],"parallel_tool_calls":true,"temperature":1.0,\
            "tool_choice":"auto","tools":[],"top_p":1.0}}

            event: response.output_item.added
            data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1",\
            "type":"message","status":"in_progress","role":"assistant","content":[]}}

            event: response.content_part.added
            data: {"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,\
            "content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}

            """;

    private static String response(int number) {
        return "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":"
                + (3 + number) + ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\" word\","
                + "\"logprobs\":[]}\n\n";
    }

    private static final String MESSAGE_BEGINS = """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",\
            "model":"claude-haiku-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,\
            "output_tokens":1}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

            """;

    private static String message(int number) {
        return "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
                + "\"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}\n\n";
    }

    private static String candidate(int number) {
        return "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" word\"}],\"role\":\"model\"},\"index\":0}],"
                + "\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":" + (number + 1)
                + ",\"totalTokenCount\":" + (number + 5) + "},\"modelVersion\":\"gemini-2.5-flash\","
                + "\"responseId\":\"r-1\"}\r\n\r\n";
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
