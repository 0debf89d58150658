package dev.weir.dialect;

import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;

/// Which dialect is spoken: the provider, the method and the path decide. A new dialect is a class and a row here.
public final class Dialects {
    private static final Set<String> ANY = Set.of();

    /// @param method as on the wire
    /// @param providers whose paths these are; empty: everybody's
    /// @param path what the path behind the route's name must fulfil
    private record Row(String method, Set<String> providers, Predicate<String> path,
            BiFunction<String, String, Dialect> dialect) {
        boolean fits(String method, String provider, String path) {
            return this.method.equals(method) && (providers.isEmpty() || providers.contains(provider))
                    && this.path.test(path);
        }
    }

    /// The first row that fits counts; where none does, the path passes unread.
    private static final List<Row> ROWS = List.of(
            post("/chat/completions", OpenAiChat::new),
            post("/agents/completions", OpenAiChat::new),
            post("/messages", provider -> new AnthropicMessages()),
            new Row("POST", ANY, path -> path.contains("/publishers/anthropic/")
                    && (path.endsWith(":rawPredict") || path.endsWith(":streamRawPredict")),
                    (provider, path) -> new AnthropicMessages()),
            post("/messages/count_tokens", provider -> new Passthrough(true, RefusalWords.ANTHROPIC)),
            bedrock("/converse", path -> new BedrockConverse(false)),
            bedrock("/converse-stream", path -> new BedrockConverse(true)),
            bedrock("/invoke", path -> new BedrockInvoke(false, InvokeFamily.of(path))),
            bedrock("/invoke-with-response-stream", path -> new BedrockInvoke(true, InvokeFamily.of(path))),
            bedrock("/count-tokens", path -> new Passthrough(true, RefusalWords.BEDROCK)));

    private Dialects() {}

    private static Row post(String ending, Function<String, Dialect> dialect) {
        return post(ANY, ending, dialect);
    }

    /// @param ending how the path ends
    private static Row post(Set<String> providers, String ending, Function<String, Dialect> dialect) {
        return new Row("POST", providers, path -> path.endsWith(ending), (provider, path) -> dialect.apply(provider));
    }

    /// `/model/{id}/{verb}` of AWS Bedrock; nobody else has such paths, so whoever answers on them speaks its dialect.
    private static Row bedrock(String verb, Function<String, Dialect> dialect) {
        return new Row("POST", ANY, path -> BedrockModel.isAsked(verb, path),
                (provider, path) -> dialect.apply(path));
    }

    /// The dialect of a request.
    ///
    /// @param provider the route's provider, `openai`
    /// @param method the request's method, as on the wire
    /// @param path the path behind the route's name, normal, without query
    public static Dialect of(String provider, String method, String path) {
        for (Row row : ROWS) {
            if (row.fits(method, provider, path)) {
                return row.dialect.apply(provider, path);
            }
        }
        return new Passthrough(!method.equals("POST"), RefusalWords.of(provider, path));
    }
}
