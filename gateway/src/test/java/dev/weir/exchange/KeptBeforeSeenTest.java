package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Nothing goes upstream before the opening record is kept, and the client does not see the end of its answer before the
/// settlement is (G1.1, design decision 7).
class KeptBeforeSeenTest {
    private static final String CHAT = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final byte[] BODY = "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}"
            .getBytes(StandardCharsets.UTF_8);
    @RegisterExtension
    private static final TestPlane PLANE = TestPlane.shared();

    /// How the upstream frames its answer.
    private enum Framing {
        LENGTH, CHUNKED, UNTIL_CLOSED
    }

    private static void answersWith(Framing framing, int pieces) {
        PLANE.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\n" + switch (framing) {
                case LENGTH -> "Content-Length: " + BODY.length + "\r\n\r\n";
                case CHUNKED -> "Transfer-Encoding: chunked\r\n\r\n";
                case UNTIL_CLOSED -> "Connection: close\r\n\r\n";
            });
            for (int i = 0; i < pieces; i++) {
                int from = BODY.length * i / pieces;
                int length = BODY.length * (i + 1) / pieces - from;
                var _ = framing == Framing.CHUNKED
                        ? wire.sendChunk(BODY, from, length)
                        : wire.send(BODY, from, length);
            }
            if (framing == Framing.CHUNKED) {
                wire.send("0\r\n\r\n");
            } else if (framing == Framing.UNTIL_CLOSED) {
                wire.close();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /openai/v1/chat/completions", "POST /anthropic/v1/messages", "POST /tickets/a"})
    void withoutAnOpeningRecordTheUpstreamSeesNothing(String line) throws Exception {
        PLANE.journal.keeps(RecordingJournal.Part.OPEN, false);
        Wire.Message answer = PLANE.call(line, "", CHAT);

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.header("retry-after")).isEqualTo("1");
        assertThat(answer.text()).contains("spool_unavailable");
        assertThat(PLANE.settled()).isEmpty();
        assertThat(PLANE.upstream.requests()).isEmpty();
        assertThat(PLANE.journal.refused()).extracting(event -> event.reasonCode())
                .containsExactly(
                        "spool_unavailable");
    }

    @Test
    void evenTheRefusalNeedNotBeKept() throws Exception {
        PLANE.journal.keeps(RecordingJournal.Part.OPEN, false);
        PLANE.journal.keeps(RecordingJournal.Part.REFUSE, false);

        assertThat(PLANE.call("GET /tickets/a", "", "").status()).isEqualTo(503);
        PLANE.quiet();
        assertThat(PLANE.ledger.openReservations()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"LENGTH 1", "LENGTH 3", "CHUNKED 1", "CHUNKED 3", "UNTIL_CLOSED 2"})
    void withoutASettlementTheClientDoesNotSeeTheEnd(String how) throws Exception {
        String[] words = how.split(" ");
        answersWith(Framing.valueOf(words[0]), Integer.parseInt(words[1]));
        PLANE.journal.keeps(RecordingJournal.Part.SETTLE, false);
        boolean cut;
        try (var client = PLANE.client()) {
            Wire.Message answer = client.request("POST /openai/v1/chat/completions", PLANE.auth(), CHAT).answer();
            cut = !answer.whole();
        } catch (java.io.IOException nothingSaid) {
            cut = true;
        }

        assertThat(cut).isTrue();
        PLANE.quiet();
        assertThat(PLANE.ledger.openReservations()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"LENGTH 1", "LENGTH 3", "CHUNKED 1", "CHUNKED 3", "UNTIL_CLOSED 2"})
    void theSettlementIsKeptBeforeTheClientsLastByte(String how) throws Exception {
        String[] words = how.split(" ");
        answersWith(Framing.valueOf(words[0]), Integer.parseInt(words[1]));
        var asked = new CountDownLatch(1);
        var keep = new CountDownLatch(1);
        PLANE.journal.beforeSettle(() -> {
            asked.countDown();
            await(keep);
        });
        var ended = new AtomicInteger();
        try (var client = PLANE.client()) {
            client.request("POST /openai/v1/chat/completions", PLANE.auth(), CHAT);
            var reader = Thread.ofVirtual().start(() -> {
                try {
                    ended.set(client.answer().whole() ? 1 : -1);
                } catch (java.io.IOException broken) {
                    ended.set(-1);
                }
            });
            await(asked);
            assertThat(reader.join(java.time.Duration.ofMillis(100))).isFalse();
            assertThat(ended).hasValue(0);
            keep.countDown();
            reader.join();
        }

        assertThat(ended).hasValue(1);
        assertThat(PLANE.onlySettled().outcome()).isEqualTo(Outcome.OK);
    }

    @Test
    void theUpstreamSeesNothingBeforeTheOpeningRecordIsKept() throws Exception {
        answersWith(Framing.LENGTH, 1);
        var seenBefore = new AtomicInteger(-1);
        PLANE.journal.beforeOpen(() -> seenBefore.set(PLANE.upstream.requests().size()));

        assertThat(PLANE.call("POST /openai/v1/chat/completions", "", CHAT).status()).isEqualTo(200);
        assertThat(seenBefore).hasValue(0);
        assertThat(PLANE.upstream.requests()).hasSize(1);
        PLANE.settled();
        assertThat(PLANE.journal.entries()).extracting(RecordingJournal.Entry::part)
                .containsExactlyElementsOf(List.of(RecordingJournal.Part.OPEN, RecordingJournal.Part.SETTLE));
    }

    @Test
    void anAnswerInPlaceOfTheUpstreamsWaitsForItsSettlementToo() throws Exception {
        PLANE.upstream.answers((request, wire, number) -> wire.close());
        var asked = new AtomicInteger();
        PLANE.journal.beforeSettle(asked::incrementAndGet);

        assertThat(PLANE.call("GET /tickets/a", "", "").status()).isEqualTo(502);
        assertThat(asked).hasValue(1);
        assertThat(PLANE.onlySettled().clientStatus()).isEqualTo(502);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}
