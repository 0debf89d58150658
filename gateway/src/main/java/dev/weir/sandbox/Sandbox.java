package dev.weir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.Objects;

/// A real little upstream inside the process, on a free port of 127.0.0.1: the providers' text APIs, and `/connector/…` for the
/// connector route kind.
///
/// | request | answer |
/// |---|---|
/// | `POST /v1/chat/completions` | [ChatVoice], streaming or not |
/// | `POST /v1/completions` | [CompletionsVoice], streaming or not |
/// | `POST /v1/responses`, `GET /v1/responses/{id}` | [ResponsesVoice], streaming or not, in the background too |
/// | `POST /v1/embeddings` | [EmbeddingsVoice] |
/// | `POST /v1/messages`, `POST /v1/messages/count_tokens` | [MessagesVoice] |
/// | `POST /api/chat` | [OllamaVoice], streaming unless told not to |
/// | `POST /v2/chat` | [CohereVoice], streaming or not |
/// | `POST …/models/{model}:generateContent`, `:streamGenerateContent`, `:countTokens` | [GeminiVoice] |
/// | `GET /v1beta/models` | models in Google's shape |
/// | `POST /model/{id}/converse`, `/converse-stream`, `/count-tokens` | [ConverseVoice] |
/// | a WebSocket on `/v1/realtime` | [RealtimeVoice] |
/// | `GET /v1/models` | models, in Anthropic's shape where `anthropic-version` is sent |
/// | any method on `/connector/…` | [Connector] |
///
/// Any key will do, and none. Faults and lengths by the request field `weir_sandbox`. Any thread.
public final class Sandbox {
    private static final int LINE_MAX = 16 << 10;
    private static final int HEAD_MAX = 64 << 10;
    private static final String REALTIME = "/v1/realtime";

    private final Vertx vertx;
    private final HttpServer server;
    private final ChatVoice chat = new ChatVoice();
    private final CompletionsVoice completions = new CompletionsVoice();
    private final ResponsesVoice responses = new ResponsesVoice();
    private final EmbeddingsVoice embeddings = new EmbeddingsVoice();
    private final MessagesVoice messages = new MessagesVoice();
    private final OllamaVoice ollama = new OllamaVoice();
    private final CohereVoice cohere = new CohereVoice();
    private final ConverseVoice converse = new ConverseVoice();

    private Sandbox(Vertx vertx) {
        this.vertx = vertx;
        var options = new HttpServerOptions().setMaxInitialLineLength(LINE_MAX)
                .setMaxHeaderSize(HEAD_MAX)
                .setHandle100ContinueAutomatically(true);
        this.server = vertx.createHttpServer(options)
                .requestHandler(this::route)
                .webSocketHandshakeHandler(handshake -> {
                    if (REALTIME.equals(handshake.path())) {
                        handshake.accept();
                    } else {
                        handshake.reject(404);
                    }
                })
                .webSocketHandler(socket -> new RealtimeVoice(vertx, socket).open());
    }

    /// Loads the tokenizer, off the loop, and listens. Fails only if no port can be had.
    public static Future<Sandbox> start(Vertx vertx) {
        return vertx.executeBlocking(() -> Prose.naturalLength(0)).compose(loaded -> {
            var sandbox = new Sandbox(vertx);
            return sandbox.server.listen(0, "127.0.0.1").map(sandbox);
        });
    }

    /// The port on 127.0.0.1.
    public int port() {
        return server.actualPort();
    }

    /// `http://127.0.0.1:port`, without a path.
    public String url() {
        return "http://127.0.0.1:" + port();
    }

    /// Stops listening and closes what is open.
    public Future<Void> close() {
        return server.close();
    }

    private void route(HttpServerRequest request) {
        String path = Objects.requireNonNullElse(request.path(), "");
        switch (path) {
            case "/v1/chat/completions" -> post(request, chat, () -> call(request, chat).answer(chat::reply));
            case "/v1/completions" -> post(request, completions, () -> call(request, completions)
                    .answer(completions::reply));
            case "/v1/responses" -> post(request, responses, () -> call(request, responses)
                    .answer(responses::reply));
            case "/v1/embeddings" -> post(request, embeddings, () -> call(request, embeddings)
                    .answer(embeddings::reply));
            case "/v1/messages" -> post(request, messages, () -> call(request, messages).answer(messages::reply));
            case "/v1/messages/count_tokens" -> post(request, messages,
                    () -> call(request, messages).answer((asked, controls) -> messages.count(asked)));
            case "/api/chat" -> post(request, ollama, () -> call(request, ollama).answer(ollama::reply));
            case "/v2/chat" -> post(request, cohere, () -> call(request, cohere).answer(cohere::reply));
            case "/v1/models" -> models(request);
            case "/v1beta/models" -> call(request, chat).whole(200, GeminiVoice.models(), Controls.NONE);
            default -> {
                JsonNode earlier = request.method() == HttpMethod.GET ? ResponsesVoice.earlier(path) : null;
                GeminiVoice gemini = GeminiVoice.of(path, request.query());
                if (gemini != null) {
                    post(request, gemini, () -> call(request, gemini).answer(gemini::reply));
                } else if (path.startsWith("/connector/")) {
                    connector(request);
                } else if (earlier != null) {
                    call(request, responses).whole(200, earlier, Controls.NONE);
                } else if (path.startsWith("/model/") && ConverseVoice.answers(path)) {
                    post(request, converse,
                            () -> call(request, converse)
                                    .answer((asked, controls) -> converse.reply(path, asked, controls)));
                } else {
                    call(request, voiceOf(request)).fail(404,
                            "Invalid URL (" + request.method() + " " + request.path() + ")",
                            Controls.NONE);
                }
            }
        }
    }

    private void post(HttpServerRequest request, Voice voice, Runnable answer) {
        if (request.method() == HttpMethod.POST) {
            answer.run();
        } else {
            request.response().putHeader("allow", "POST");
            call(request, voice).fail(405, "Not allowed to " + request.method() + " on " + request.path() + ".",
                    Controls.NONE);
        }
    }

    private void models(HttpServerRequest request) {
        Voice voice = voiceOf(request);
        call(request, voice).whole(200, switch (voice) {
            case OpenAiVoice openai -> OpenAiVoice.models();
            case MessagesVoice anthropic -> MessagesVoice.models();
            case GeminiVoice google -> GeminiVoice.models();
            case OllamaVoice _,CohereVoice _,ConverseVoice _ ->
                throw new IllegalStateException("these list no models on this path");
        }, Controls.NONE);
    }

    private void connector(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            var call = call(request, chat);
            try {
                Controls controls = Connector.controls(request);
                if (controls.status() != 0) {
                    call.fail(controls.status(), "The sandbox was asked for status " + controls.status() + ".",
                            controls);
                } else {
                    boolean created = request.method() == HttpMethod.POST;
                    call.whole(created ? 201 : 200, Connector.answer(request, body), controls);
                }
            } catch (IllegalArgumentException e) {
                call.fail(400, String.valueOf(e.getMessage()), Controls.NONE);
            }
        });
    }

    private Voice voiceOf(HttpServerRequest request) {
        return request.headers().contains("anthropic-version") ? messages : chat;
    }

    private SandboxCall call(HttpServerRequest request, Voice voice) {
        return new SandboxCall(vertx, request, voice);
    }
}
