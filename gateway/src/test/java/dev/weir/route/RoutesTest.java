package dev.weir.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ConfigSource;
import dev.weir.config.RouteConfig;
import dev.weir.config.RouteKind;
import dev.weir.config.UpstreamUrl;
import dev.weir.dialect.Dialect;
import dev.weir.dialect.Passthrough;
import dev.weir.upstream.Upstream;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The first segment names a route, the rest goes upstream unchanged; provider and path decide the dialect.
class RoutesTest {
    private static Vertx vertx;
    private static Routes routes;

    @BeforeAll
    static void read() {
        vertx = Vertx.vertx();
        String yaml = """
                routes:
                  openai: {kind: llm, provider: openai, upstream: "https://api.example.com", credential: s}
                  anthropic: {kind: llm, provider: anthropic, upstream: "https://api.example.com", credential: s}
                  gemini: {kind: llm, provider: gemini, upstream: "https://api.example.com", credential: s}
                  a-b_1: {kind: connector, upstream: "https://api.example.com", credential: s}
                """;
        ConfigResult read = ConfigReader.read(new ConfigSource("test.yaml", yaml, Path.of("/weir")), Map.of(),
                Map.of());
        if (!(read instanceof ConfigResult.Loaded loaded)) {
            throw new AssertionError(read.toString());
        }
        var byName = new HashMap<String, Route>();
        for (RouteConfig route : loaded.config().routes().values()) {
            byName.put(route.name(),
                    new Route(route.name(), route.kind() == RouteKind.LLM ? Route.Kind.LLM : Route.Kind.CONNECTOR,
                            route.provider(), Upstream.of(vertx, route, UpstreamUrl.parse("http://127.0.0.1:1"), 1)));
        }
        routes = new Routes(byName);
    }

    @AfterAll
    static void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private static Routing match(String method, String target) {
        return switch (NormalPath.of(target)) {
            case NormalPath.Normal normal -> routes.match(method, normal);
            case NormalPath.Refused refused -> throw new AssertionError(refused.fault().toString());
        };
    }

    private static String kind(@Nullable Dialect dialect) {
        return switch (dialect) {
            case null -> "-";
            case Passthrough passthrough -> passthrough.freeOfTokens() ? "free" : "unread";
            case Dialect read -> read.id();
        };
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(nullValues = "-",
            textBlock = """
                    POST , /openai/v1/chat/completions        , openai    , /v1/chat/completions        , -       , openai.chat
                    POST , /openai/v1/chat/completions?a=b&c  , openai    , /v1/chat/completions        , a=b&c   , openai.chat
                    POST , /%6fpenai/v1/chat/completions      , openai    , /v1/chat/completions        , -       , openai.chat
                    GET  , /openai/v1/chat/completions        , openai    , /v1/chat/completions        , -       , free
                    GET  , /openai/v1/models                  , openai    , /v1/models                  , -       , free
                    POST , /openai/v1/messages                , openai    , /v1/messages                , -       , anthropic.messages
                    POST , /openai/v1/embeddings              , openai    , /v1/embeddings              , -       , openai.embeddings
                    POST , /anthropic/v1/messages             , anthropic , /v1/messages                , -       , anthropic.messages
                    POST , /anthropic/v1/messages/            , anthropic , /v1/messages/               , -       , anthropic.messages
                    POST , /anthropic/v1/messages/count_tokens, anthropic , /v1/messages/count_tokens   , -       , free
                    POST , /gemini/v1beta/openai/chat/completions, gemini , /v1beta/openai/chat/completions, -    , openai.chat
                    POST , /openai                            , openai    , /                           , -       , unread
                    POST , /openai/                           , openai    , /                           , -       , unread
                    POST , /openai//v1//chat/completions      , openai    , //v1//chat/completions      , -       , openai.chat
                    POST , /a-b_1/api/chat/completions        , a-b_1     , /api/chat/completions       , -       , -
                    GET  , /a-b_1/x%2Fy/caf%c3%a9?q           , a-b_1     , /x%2Fy/caf%C3%A9            , q       , -
                    """)
    void aPathLeadsToItsRoute(String method, String target, String name, String path, @Nullable String query,
            @Nullable String dialect) {
        assertThat(match(method, target)).isInstanceOfSatisfying(Routing.Routed.class, routed -> {
            assertThat(routed.route().name()).isEqualTo(name);
            assertThat(routed.path()).isEqualTo(path);
            assertThat(routed.query()).isEqualTo(query);
            assertThat(kind(routed.dialect())).isEqualTo(dialect == null ? "-" : dialect);
        });
    }

    @ParameterizedTest
    @CsvSource({"/, route", "/unknown/v1, No route", "/OPENAI/v1, No route", "/openai%2Fv1/x, No route",
        "/openai./v1, No route", "/v1/chat/completions, No route"})
    void anUnknownFirstSegmentLeadsNowhereAndIsNotRepeated(String target, String why) {
        assertThat(match("POST", target)).isInstanceOfSatisfying(Routing.Unrouted.class,
                unrouted -> assertThat(unrouted.why()).contains(why).doesNotContain("unknown", "OPENAI"));
    }
}
