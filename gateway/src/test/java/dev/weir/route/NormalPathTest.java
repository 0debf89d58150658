package dev.weir.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormalPathTest {
    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource(quoteCharacter = '`', textBlock = """
            /openai/v1/models?a=b          , /openai/v1/models?a=b
            /                              , /
            /%6f%70enai/%7Euser            , /openai/~user
            /caf%c3%a9                     , /caf%C3%A9
            /a%2fb%3a                      , /a%2Fb%3A
            /a{b}|"c"^[d]                  , /a%7Bb%7D%7C%22c%22%5E%5Bd%5D
            /a%2525                        , /a%2525
            /a//b/                         , /a//b/
            /a?q=%6f&r={x}                 , /a?q=%6f&r={x}
            /models/x:generateContent      , /models/x:generateContent
            http://weir/openai/%76%31?x    , /openai/v1?x
            HTTPS://weir                   , /
            """)
    void spellingsOfOnePathBecomeOneForm(String target, String normal) {
        assertThat(NormalPath.of(target)).isInstanceOfSatisfying(NormalPath.Normal.class,
                path -> assertThat(path.target()).isEqualTo(normal));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(quoteCharacter = '`', textBlock = """
            /a/../b     , DOT_SEGMENT
            /a/%2e%2E   , DOT_SEGMENT
            /a/.;x/b    , DOT_SEGMENT
            /a/..%2Fb   , DOT_SEGMENT
            /a%00       , ENCODED_CONTROL
            /a%         , PERCENT_CODING
            /%c0%ae/    , PERCENT_CODING
            /a#b        , FRAGMENT
            /a\\b       , BACKSLASH
            /é          , NOT_ASCII
            //a         , EMPTY_FIRST_SEGMENT
            a/b         , NOT_A_PATH
            *           , NOT_A_PATH
            """)
    void targetWithTwoReadingsIsRefused(String target, TargetFault fault) {
        assertThat(NormalPath.of(target)).isEqualTo(new NormalPath.Refused(fault));
    }

    @Test
    void firstSegmentNamesTheRouteAndTheRestGoesUpstream() {
        assertThat(normal("/openai/v1/models").firstSegment()).isEqualTo("openai");
        assertThat(normal("/openai/v1/models").rest()).isEqualTo("/v1/models");
        assertThat(normal("/openai").rest()).isEqualTo("/");
        assertThat(normal("/").firstSegment()).isEmpty();
    }

    @Test
    void encodedSlashIsReportedInEitherCase() {
        assertThat(normal("/a%2fb").encodedSlash()).isTrue();
        assertThat(normal("/a%2Fb").encodedSlash()).isTrue();
        assertThat(normal("/a%252fb").encodedSlash()).isFalse();
        assertThat(normal("/a?b=%2f").encodedSlash()).isFalse();
    }

    @Test
    void normalFormIsNormalAndMeansTheSame() {
        long seed = Long.getLong("weir.seed", 7L);
        var random = new SplittableRandom(seed);
        int normals = 0;
        for (int round = 0; round < 50_000; round++) {
            String target = target(random);
            if (NormalPath.of(target) instanceof NormalPath.Normal first) {
                normals++;
                assertThat(NormalPath.of(first.target())).as("seed %d: %s", seed, target).isEqualTo(first);
                assertThat(java.net.URI.create(first.path()).getPath()).as(target)
                        .isEqualTo(java.net.URLDecoder.decode(path(target).replace("+", "%2B"),
                                java.nio.charset.StandardCharsets.UTF_8));
            }
        }
        assertThat(normals).as("seed %d", seed).isGreaterThan(5_000);
    }

    private static String path(String target) {
        int mark = target.indexOf('?');
        return mark < 0 ? target : target.substring(0, mark);
    }

    private static String target(SplittableRandom random) {
        String[] parts = {"a", "Z", ".", "..", "/", "%2e", "%2f", "%41", "%7e", "%c3%a9", "%80", "%", "%00", "{", "|",
            ":",
            "@", "?", "+", ";", "%25", "~", "#", "\\"};
        var text = new StringBuilder("/");
        for (int n = random.nextInt(7); n > 0; n--) {
            text.append(parts[random.nextInt(parts.length)]);
        }
        return text.toString();
    }

    private static NormalPath.Normal normal(String target) {
        return (NormalPath.Normal) NormalPath.of(target);
    }
}
