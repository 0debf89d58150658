package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admission.RefusalCode;
import dev.weir.event.Flags.Flag;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A step that throws ends its call closed, wherever it throws: nothing stays reserved, nothing stays alive, and the client
/// does not take a cut answer for a whole one (G16).
class UnforeseenFaultTest {
    private static final String CHAT = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n"
            + "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}          ";
    private static TestPlane plane;

    @BeforeAll
    static void start() throws Exception {
        plane = new TestPlane();
    }

    @AfterAll
    static void stop() throws Exception {
        plane.close();
    }

    @BeforeEach
    void forget() {
        plane.forget();
        plane.upstream.answers((request, wire, number) -> wire.send(OK));
    }

    private static void bug() {
        throw new IllegalStateException("a seeded fault");
    }

    /// Whether the client saw a whole answer.
    private static boolean sawTheEnd(String line) throws IOException {
        try (var client = plane.client()) {
            return client.request(line, plane.auth(), line.startsWith("POST") ? CHAT : "").answer().whole();
        } catch (java.io.EOFException | java.net.SocketException nothingSaid) {
            return false;
        }
    }

    private static void nothingIsLeft() {
        plane.quiet();
        assertThat(plane.ledger.openReservations()).isZero();
        assertThat(plane.journal.faults()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /openai/v1/chat/completions", "POST /anthropic/v1/messages", "GET /tickets/a"})
    void aJournalThatThrowsAtTheSettlementCutsTheAnswer(String line) throws Exception {
        plane.journal.beforeSettle(UnforeseenFaultTest::bug);

        assertThat(sawTheEnd(line)).isFalse();
        nothingIsLeft();
        assertThat(plane.journal.opened()).hasSize(1);
    }

    @Test
    void aJournalThatThrewIsNotAskedAgainBecauseItMayHaveKeptTheRecord() throws Exception {
        var asked = new AtomicInteger();
        plane.journal.beforeSettle(() -> {
            asked.incrementAndGet();
            bug();
        });

        assertThat(sawTheEnd("GET /tickets/a")).isFalse();
        nothingIsLeft();
        assertThat(asked).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /openai/v1/chat/completions", "GET /tickets/a"})
    void aJournalThatThrowsAtTheOpeningRecordKeepsTheUpstreamUnasked(String line) throws Exception {
        plane.journal.beforeOpen(UnforeseenFaultTest::bug);

        assertThat(plane.call(line, "", line.startsWith("POST") ? CHAT : "").status()).isEqualTo(503);
        nothingIsLeft();
        assertThat(plane.upstream.requests()).isEmpty();
    }

    /// The events of a call during which the listener, which is asked last of all, throws.
    @Test
    void metricsThatThrowHarmNobody() throws Exception {
        plane.beforeHeard(UnforeseenFaultTest::bug);

        assertThat(sawTheEnd("GET /tickets/a")).isTrue();
        assertThat(plane.onlySettled().outcome()).isEqualTo(Outcome.OK);
    }

    /// Every step of a running call reads the clock. It is made to throw at its n-th reading, for every n that a call comes to.
    @ParameterizedTest
    @ValueSource(strings = {"POST /openai/v1/chat/completions", "POST /tickets/a", "GET /tickets/a"})
    void aFaultInAnyStepEndsTheCallClosed(String line) throws Exception {
        plane.limits(Limit.block("cap", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 100_000));
        int faults = 0;
        boolean faulty = true;
        while (faulty) {
            plane.journal.forget();
            plane.clock.failAt(faults + 1);
            boolean saw = sawTheEnd(line);
            plane.quiet();
            faulty = !plane.clock.isFaultPending();
            faults += faulty ? 1 : 0;

            nothingIsLeft();
            assertThat(plane.journal.settled()).as("step %d", faults).hasSameSizeAs(plane.journal.opened());
            assertThat(plane.journal.settled()).allSatisfy(event -> outcomeTells(event, saw));
        }
        assertThat(faults).isGreaterThan(5);
    }

    private static void outcomeTells(UsageEvent event, boolean sawTheEnd) {
        if (event.outcome() == Outcome.OK) {
            assertThat(sawTheEnd).isTrue();
        } else {
            assertThat(event.outcome()).isEqualTo(Outcome.INTERRUPTED);
            assertThat(event.reasonCode()).isEqualTo(RefusalCode.INTERNAL_ERROR.id());
        }
    }

    @Test
    void anAttemptWhoseSettlementFailsIsChargedAsReservedUnderAHardCap() throws Exception {
        plane.limits(Limit.block("cap", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY, 100_000));
        UsageEvent unread = null;
        for (int n = 1; unread == null; n++) {
            plane.journal.forget();
            plane.clock.failAt(n);
            var _ = sawTheEnd("POST /openai/v1/chat/completions");
            plane.quiet();
            assertThat(plane.clock.isFaultPending()).isFalse();
            unread = plane.journal.settled()
                    .stream()
                    .filter(e -> e.flags().has(Flag.UNREADABLE))
                    .findAny()
                    .orElse(null);
        }

        Quantities reserved = plane.journal.opened().getFirst().quantities();
        assertThat(unread.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(reserved.amount(Meter.TOKENS_OUT));
        assertThat(unread.quantities().provenance(Meter.TOKENS_OUT)).isEqualTo(Provenance.BOUND);
        assertThat(unread.quantities().amount(Meter.TOKENS_OUT)).isGreaterThan(1_000);
    }
}
