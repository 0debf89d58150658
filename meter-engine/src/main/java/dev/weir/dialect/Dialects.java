package dev.weir.dialect;

import java.util.List;
import java.util.function.Function;

/// Which dialect is spoken: the provider and the path decide. A new dialect is a class and a row here.
public final class Dialects {
    /// @param ending how the path ends
    private record Row(String ending, Function<String, Dialect> dialect) {}

    /// The first row that fits counts.
    private static final List<Row> POSTED = List.of(
            new Row("/chat/completions", OpenAiChat::new),
            new Row("/agents/completions", OpenAiChat::new),
            new Row("/messages", provider -> new AnthropicMessages()),
            new Row(":rawPredict", provider -> new AnthropicMessages()),
            new Row(":streamRawPredict", provider -> new AnthropicMessages()),
            new Row("/count_tokens", provider -> new Passthrough(true, RefusalWords.ANTHROPIC)),
            new Row("", provider -> new Passthrough(false, wordsOf(provider))));

    private Dialects() {}

    /// The dialect of a request.
    ///
    /// @param provider the route's provider, `openai`
    /// @param method the request's method, as on the wire
    /// @param path the path behind the route's name, normal, without query
    public static Dialect of(String provider, String method, String path) {
        if (!method.equals("POST")) {
            return new Passthrough(true, wordsOf(provider));
        }
        for (Row row : POSTED) {
            if (path.endsWith(row.ending) && !isStrangeRawPredict(row, path)) {
                return row.dialect.apply(provider);
            }
        }
        throw new AssertionError("the last row fits every path");
    }

    /// Vertex serves other publishers under the same verb.
    private static boolean isStrangeRawPredict(Row row, String path) {
        return row.ending.startsWith(":") && !path.contains("/publishers/anthropic/");
    }

    private static RefusalWords wordsOf(String provider) {
        return provider.equals("anthropic") ? RefusalWords.ANTHROPIC : RefusalWords.OPENAI;
    }
}
