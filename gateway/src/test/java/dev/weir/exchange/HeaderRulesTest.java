package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which header fields pass, in which direction (design decision 16, design §2).
class HeaderRulesTest {
    /// `up`: to the upstream with Weir's credential; `kept`: the same where the client's own key goes along; `down`: to the
    /// client; `edited`: to the client where a chunk was taken out of the body.
    @ParameterizedTest(name = "{0}: up {1}, kept {2}, down {3}, edited {4}")
    @CsvSource(textBlock = """
            # a deny-list: what nobody knows yet passes
            X-Invented-Tomorrow     , yes, yes, yes, yes
            Content-Type            , yes, yes, yes, yes
            Content-Encoding        , yes, yes, yes, yes
            User-Agent              , yes, yes, yes, yes
            Accept                  , yes, yes, yes, yes
            Cookie                  , yes, yes, yes, yes
            Set-Cookie              , yes, yes, yes, yes
            Date                    , yes, yes, yes, yes
            Retry-After             , yes, yes, yes, yes
            X-Stainless-Retry-Count , yes, yes, yes, yes
            X-Request-Id            , yes, yes, yes, yes
            X-RateLimit-Remaining   , yes, yes, yes, yes
            Anthropic-Version       , yes, yes, yes, yes
            OpenAI-Organization     , yes, yes, yes, yes
            Idempotency-Key         , yes, yes, yes, yes
            Traceparent             , yes, yes, yes, yes
            # hop-by-hop (RFC 9110 section 7.6.1)
            Connection              , no , no , no , no
            Keep-Alive              , no , no , no , no
            Proxy-Connection        , no , no , no , no
            Proxy-Authenticate      , no , no , no , no
            Proxy-Authorization     , no , no , no , no
            TE                      , no , no , no , no
            Trailer                 , no , no , no , no
            Transfer-Encoding       , no , no , no , no
            Upgrade                 , no , no , no , no
            HTTP2-Settings          , no , no , no , no
            :authority              , no , no , no , no
            # framing and host are ours upstream; the length stays true towards the client unless the body is edited
            Content-Length          , no , no , yes, no
            Host                    , no , no , yes, yes
            Expect                  , no , no , yes, yes
            # where the client came from is nobody's business
            Forwarded               , no , no , yes, yes
            X-Forwarded-For         , no , no , yes, yes
            X-Forwarded-Proto       , no , no , yes, yes
            X-Forwarded-Anything    , no , no , yes, yes
            # every place a key can stand in
            Authorization           , no , yes, yes, yes
            X-Api-Key               , no , yes, yes, yes
            X-Goog-Api-Key          , no , yes, yes, yes
            Api-Key                 , no , yes, yes, yes
            # said to Weir, or said by Weir
            X-Weir-Key              , no , no , yes, yes
            X-Weir-Run              , no , no , yes, yes
            X-Weir-Tags             , no , no , yes, yes
            X-Weir-Request-Id       , no , no , no , no
            RateLimit               , yes, yes, no , no
            RateLimit-Policy        , yes, yes, no , no
            """)
    void aFieldPassesByItsName(String name, String up, String kept, String down, String edited) {
        for (String spelling : new String[]{name, name.toLowerCase(Locale.ROOT), name.toUpperCase(Locale.ROOT)}) {
            assertThat(passesUp(spelling, false)).as("%s up", spelling).isEqualTo(up.equals("yes"));
            assertThat(passesUp(spelling, true)).as("%s up, keys kept", spelling).isEqualTo(kept.equals("yes"));
            assertThat(passesDown(spelling, true)).as("%s down", spelling).isEqualTo(down.equals("yes"));
            assertThat(passesDown(spelling, false)).as("%s down, edited", spelling).isEqualTo(edited.equals("yes"));
        }
    }

    private static boolean passesUp(String name, boolean keepKeys) {
        MultiMap to = MultiMap.caseInsensitiveMultiMap();
        HeaderRules.toUpstream(MultiMap.caseInsensitiveMultiMap().add(name, "v"), to, keepKeys);
        return to.contains(name, "v", false);
    }

    private static boolean passesDown(String name, boolean keepLength) {
        MultiMap to = MultiMap.caseInsensitiveMultiMap();
        HeaderRules.toClient(MultiMap.caseInsensitiveMultiMap().add(name, "v"), to, keepLength);
        return to.contains(name, "v", false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x-private", "keep-alive, x-private", " X-Private , close", "close,,x-private"})
    void whatConnectionNamesStaysBehindBothWays(String connection) {
        MultiMap from = MultiMap.caseInsensitiveMultiMap()
                .add("connection", connection)
                .add("X-Private", "v")
                .add("x-public", "v");
        MultiMap up = MultiMap.caseInsensitiveMultiMap();
        MultiMap down = MultiMap.caseInsensitiveMultiMap();
        HeaderRules.toUpstream(from, up, false);
        HeaderRules.toClient(from, down, true);

        assertThat(up.names()).containsExactly("x-public");
        assertThat(down.names()).containsExactly("x-public");
    }

    @Test
    void whatASecondConnectionFieldNamesStaysBehindToo() {
        MultiMap from = HttpHeaders.headers().add("connection", "close").add("connection", "x-private");
        MultiMap up = MultiMap.caseInsensitiveMultiMap();
        HeaderRules.toUpstream(from.add("x-private", "v").add("x-public", "v"), up, false);

        assertThat(up.names()).containsExactly("x-public");
    }

    @Test
    void fieldsOfOneNameStayApartAndInOrder() {
        MultiMap from = HttpHeaders.headers().add("set-cookie", "a=1").add("x", "y").add("Set-Cookie", "b=2");
        MultiMap down = HttpHeaders.headers();
        HeaderRules.toClient(from, down, true);

        assertThat(down.getAll("set-cookie")).containsExactly("a=1", "b=2");
    }

    @ParameterizedTest(name = "{0} becomes {1}")
    @CsvSource(nullValues = "-", delimiter = '|',
            value = {"-|-", "gzip|gzip", "gzip, deflate, br|gzip", "br, GZIP;q=0.5|gzip",
                "br|identity", "identity|identity", "*|identity", "gzip;q=0|identity", "gzip; q=0.000, br|identity",
                "gzip;q=0.001|gzip", "''|identity", "deflate,zstd|identity"})
    void acceptEncodingIsNarrowedToWhatCanBeRead(@Nullable String offered, @Nullable String sent) {
        assertThat(HeaderRules.narrowedEncoding(offered)).isEqualTo(sent);
    }

    @Test
    void clientTextInAnErrorIsShort() {
        assertThat(HeaderRules.shortened("x".repeat(40))).hasSize(40);
        assertThat(HeaderRules.shortened("x".repeat(5_000))).hasSize(41).endsWith("…");
    }
}
