package dev.weir.exchange;

import static dev.weir.exchange.GuardedServer.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The guard in front of a real Vert.x server (plaintext, HTTP/1.1 beside h2c), over raw sockets.
class StrictHeadTest {
    private static final String GOOD = "GET /good HTTP/1.1\r\nHost: weir\r\n\r\n";
    private static final String LAST = "GET /last HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n";

    private static GuardedServer server;

    @BeforeAll
    static void start() throws Exception {
        server = new GuardedServer(HeadLimits.DEFAULT, GuardedServer.plaintext());
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    @BeforeEach
    void forget() {
        server.forget();
    }

    static List<HeadCases.Case> refused() {
        return HeadCases.refused();
    }

    static List<HeadCases.Case> good() {
        return HeadCases.good().stream().filter(head -> !head.name().equals("expectContinue")).toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void refusedFirstHeadIsAnsweredClosedAndNeverRouted(HeadCases.Case head) throws Exception {
        String answer = server.talk(head.bytes());
        assertProblem(answer, reasonOf(head));
        assertThat(server.routed).isEmpty();
        assertThat(server.refused).containsExactly(reasonOf(head));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void refusedHeadAfterAGoodOneIsAnsweredInTurn(HeadCases.Case head) throws Exception {
        String answer = server.talk(bytes("GET /slow HTTP/1.1\r\nHost: weir\r\n\r\n" + head.head() + GOOD));
        assertThat(answer).startsWith("HTTP/1.1 200 OK").contains("GET /slow 0\n");
        assertProblem(answer.substring(answer.indexOf("GET /slow 0\n") + 12), reasonOf(head));
        assertThat(server.routed).containsExactly("GET /slow");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("good")
    void goodHeadIsRoutedOnce(HeadCases.Case head) throws Exception {
        boolean http10 = head.head().contains("HTTP/1.0");
        boolean closes = http10 || head.head().contains("Connection: close");
        String answer = server.talk(bytes(head.head() + (closes ? "" : LAST)));
        assertThat(answer).startsWith(http10 ? "HTTP/1.0 200" : "HTTP/1.1 200");
        assertThat(server.routed).hasSize(closes ? 1 : 2);
        assertThat(server.refused).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("good")
    void goodHeadSplitAnywhereIsTheSameHead(HeadCases.Case head) throws Exception {
        var random = new SplittableRandom(head.name().hashCode());
        byte[] all = bytes(head.head() + LAST);
        server.talk(pieces(all, random));
        server.talk(bytes(head.head() + LAST));
        int half = server.routed.size() / 2;
        assertThat(server.refused).isEmpty();
        assertThat(server.routed.subList(0, half)).isNotEmpty().isEqualTo(server.routed.subList(half, 2 * half));
    }

    @Test
    void everySplitOfTwoRequestsIsTheSameTwoRequests() throws Exception {
        byte[] all = bytes("POST /a HTTP/1.1\r\nHost: w\r\nContent-Length: 3\r\n\r\nabc" + LAST);
        for (int at = 1; at < all.length; at++) {
            server.talk(slice(all, 0, at), slice(all, at, all.length));
        }
        assertThat(server.refused).isEmpty();
        assertThat(server.whole).hasSize(2 * (all.length - 1));
        assertThat(server.whole).containsOnly("POST /a 3", "GET /last 0");
    }

    @Test
    void pipelinedRequestsWithEveryFramingAllPass() throws Exception {
        String answer = server.talk(bytes(GOOD + "POST /length HTTP/1.1\r\nHost: weir\r\nContent-Length: 26\r\n\r\n"
                + "GET /smuggled HTTP/1.1\r\n\r\n" + "POST /chunked HTTP/1.1\r\nHost: weir\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n1a;a=b;c=\"d\"\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n"
                + LAST));
        assertThat(server.whole).containsExactly("GET /good 0", "POST /length 26", "POST /chunked 31", "GET /last 0");
        assertThat(answer).contains("GET /last 0");
        assertThat(server.refused).isEmpty();
    }

    static Stream<Arguments> badChunks() {
        return Stream.of(Arguments.of("sizeIsNoHex", "x\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("sizeIsEmpty", "\r\nabc", HeadRefusal.CHUNK_SIZE),
                Arguments.of("sizeIsNegative", "-1\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("sizeWithPrefix", "0x5\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("sizeWithSpaceBefore", " 5\r\nabcde\r\n0\r\n\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("sizeWithSpaceAfter", "5 \r\nabcde\r\n0\r\n\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("sizeOfNineDigits", "000000005\r\nabcde\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("sizeOverTwoGiB", "80000000\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("sizeLineEndsInLf", "5\nabcde\r\n0\r\n\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("sizeLineEndsInCr", "5\rabcde\r\n0\r\n\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("extensionWithLf", "5;a\nabcde\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("extensionWithNul", "5;a\0\r\nabcde\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("extensionBeyondAscii", "5;\u00e9\r\nabcde\r\n", HeadRefusal.CHUNK_SIZE),
                Arguments.of("lineOver256Bytes", "5;" + "a".repeat(256) + "\r\n", HeadRefusal.CHUNK_LINE_TOO_LONG),
                Arguments.of("extensionsOver16KiB", ("1;" + "a".repeat(250) + "\r\nb\r\n").repeat(70),
                        HeadRefusal.CHUNK_LINE_TOO_LONG),
                Arguments.of("dataLongerThanItsSize", "5\r\nabcdef\r\n0\r\n\r\n", HeadRefusal.CHUNK_END),
                Arguments.of("dataEndsInLf", "5\r\nabcde\n0\r\n\r\n", HeadRefusal.CHUNK_END),
                Arguments.of("dataEndsInCr", "5\r\nabcde\r0\r\n\r\n", HeadRefusal.CHUNK_END),
                Arguments.of("trailerField", "0\r\nHost: other\r\n\r\n", HeadRefusal.TRAILERS),
                Arguments.of("lastLineEndsInLf", "0\r\n\n", HeadRefusal.TRAILERS));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badChunks")
    void badChunkFailsItsCallAndEndsTheConnection(String name, String body, HeadRefusal reason) throws Exception {
        String answer = server.talk(bytes("POST /chunked HTTP/1.1\r\nHost: weir\r\nTransfer-Encoding: chunked\r\n\r\n"
                + body + GOOD));
        await().atMost(Duration.ofSeconds(5)).until(() -> !server.broken.isEmpty());
        assertThat(server.routed).containsExactly("POST /chunked");
        assertThat(server.whole).isEmpty();
        assertThat(server.refused).containsExactly(reason);
        assertThat(server.broken.getFirst()).isInstanceOfSatisfying(RefusedHead.class,
                refused -> assertThat(refused.reason()).isEqualTo(reason));
        assertThat(answer).doesNotContain("200 OK");
    }

    @Test
    void headThatNeverEndsIsRefusedAtItsLimit() throws Exception {
        String answer = server.talk(bytes("GET /" + "a".repeat(9000)));
        assertProblem(answer, HeadRefusal.REQUEST_LINE_TOO_LONG);
        answer = server.talk(bytes("GET / HTTP/1.1\r\nA: " + "a".repeat(40_000)));
        assertProblem(answer, HeadRefusal.HEAD_TOO_LARGE);
        assertThat(server.routed).isEmpty();
    }

    @Test
    void answerSurvivesAClientThatIsStillSending() throws Exception {
        String answer = server.talk(bytes("POST / HTTP/1.1\r\nContent-Length: 500000\r\n\r\n"), new byte[500_000]);
        assertProblem(answer, HeadRefusal.HOST_MISSING);
    }

    @Test
    void slowHeadIsRefusedAtItsDeadline() throws Exception {
        var limits = new HeadLimits(8192, 32768, 100, 256, Duration.ofMillis(50), Duration.ofSeconds(75));
        try (var impatient = new GuardedServer(limits, GuardedServer.plaintext())) {
            assertProblem(impatient.talk(bytes("GET / HTTP/1.1\r\nHost: we")), HeadRefusal.HEAD_TIMEOUT);
            assertThat(impatient.refused).containsExactly(HeadRefusal.HEAD_TIMEOUT);
        }
    }

    @Test
    void continueIsAnsweredByTheServerAndTheBodyFollows() throws Exception {
        String answer = server
                .talk(bytes("POST /a HTTP/1.1\r\nHost: weir\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
                        + "Connection: close\r\n\r\n"), bytes("abc"));
        assertThat(answer).contains("POST /a 3");
    }

    private static HeadRefusal reasonOf(HeadCases.Case head) {
        var reason = head.refusal();
        if (reason == null) {
            throw new IllegalArgumentException(head + " is good");
        }
        return reason;
    }

    private static void assertProblem(String answer, HeadRefusal reason) {
        assertThat(answer).startsWith("HTTP/1.1 " + reason.status() + " ")
                .containsIgnoringCase("connection: close\r\n")
                .contains("content-type: application/problem+json\r\n")
                .endsWith("\"code\":\"" + reason.code() + "\"}\n");
    }

    private static byte[][] pieces(byte[] all, SplittableRandom random) {
        var pieces = new ArrayList<byte[]>();
        for (int at = 0; at < all.length;) {
            int to = Math.min(all.length, at + 1 + random.nextInt(all.length > 500 ? 900 : 12));
            pieces.add(slice(all, at, to));
            at = to;
        }
        return pieces.toArray(byte[][]::new);
    }

    private static byte[] slice(byte[] all, int from, int to) {
        return java.util.Arrays.copyOfRange(all, from, to);
    }
}
