package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.deferred.Awaited;
import dev.weir.event.Flags.Flag;
import dev.weir.event.UsageEvent;
import dev.weir.money.Money;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.io.EOFException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// A batch is created, polled, and its answers are read: it is booked once, at half price, by whichever answer tells it first.
class BatchesTest {
    @RegisterExtension
    static final TestPlane plane = TestPlane.shared();

    private static final String CREATE = "{\"input_file_id\":\"file-in\",\"endpoint\":\"/v1/chat/completions\","
            + "\"completion_window\":\"24h\"}";
    private static final String ZEROS = usage(0, 0);
    private static final String OUTPUT = line("gpt-4o-mini-2024-07-18", 20, 5) + line("gpt-4o-mini-2024-07-18", 30, 5)
            + line("text-embedding-3-small", 1_000, 0);
    private static final String RESULTS = "{\"custom_id\":\"0\",\"result\":{\"type\":\"succeeded\",\"message\":{\"model\":"
            + "\"claude-haiku-4-5-20251001\",\"id\":\"msg_1\",\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":20,"
            + "\"cache_read_input_tokens\":10,\"output_tokens\":5,\"service_tier\":\"batch\"}}}}\n";

    /// What the provider says next of the batch.
    private volatile String object = "";
    private volatile String answers = OUTPUT;
    private volatile String fileHead = "HTTP/1.1 200 OK\r\n";
    private volatile int lengthAdded;

    @AfterEach
    void awaitNoLonger() {
        plane.awaitNoLonger();
    }

    @BeforeEach
    void providerHasBatches() {
        plane.upstream.answers((request, wire, number) -> {
            boolean file = request.start().contains("/content") || request.start().contains("/results");
            String body = file ? answers : object;
            wire.send((file ? fileHead : "HTTP/1.1 200 OK\r\n") + "Content-Type: application/json\r\nContent-Length: "
                    + (body.length() + (file ? lengthAdded : 0)) + "\r\n\r\n" + body);
            if (file && lengthAdded > 0) {
                wire.close();
            }
        });
    }

    private static String usage(long in, long out) {
        return ",\"usage\":{\"input_tokens\":" + in + ",\"output_tokens\":" + out + "}";
    }

    private static String line(String model, long in, long out) {
        return "{\"id\":\"batch_req\",\"response\":{\"status_code\":200,\"body\":{\"model\":\"" + model
                + "\",\"usage\":{\"prompt_tokens\":" + in + ",\"completion_tokens\":" + out + "}}},\"error\":null}\n";
    }

    private static String batch(String status, String model, String file, String usage) {
        return "{\"id\":\"batch_1\",\"object\":\"batch\",\"status\":\"" + status + "\",\"model\":" + model
                + ",\"output_file_id\":" + file + ",\"request_counts\":{\"total\":2,\"completed\":"
                + (status.equals("completed") ? 2 : 0) + ",\"failed\":0}" + usage + "}";
    }

    private static String messageBatch(String status, int succeeded) {
        return "{\"id\":\"msgbatch_1\",\"type\":\"message_batch\",\"processing_status\":\"" + status
                + "\",\"request_counts\":{\"processing\":0,\"succeeded\":" + succeeded + "}}";
    }

    private void create() throws Exception {
        object = batch("validating", "null", "null", ZEROS);
        assertThat(plane.call("POST /openai/v1/batches", "X-Weir-Run: run-7\r\n", CREATE).status()).isEqualTo(200);
    }

    private void poll(String said) throws Exception {
        object = said;
        assertThat(plane.call("GET /openai/v1/batches/batch_1", "", "").text()).isEqualTo(said);
    }

    private Wire.Message readFile() throws Exception {
        return plane.call("GET /openai/v1/files/file-1/content", "", "");
    }

    private static UsageEvent onlyBooked() {
        plane.quiet();
        assertThat(plane.journal.booked()).hasSize(1);
        return plane.journal.booked().getFirst();
    }

    @Test
    void aBatchIsBookedOnceWhenItHasEndedAtHalfPrice() throws Exception {
        create();
        poll(batch("in_progress", "\"gpt-4o-mini-2024-07-18\"", "null", ZEROS));
        poll(batch("finalizing", "\"gpt-4o-mini-2024-07-18\"", "null", usage(900, 0)));
        plane.quiet();
        assertThat(plane.journal.booked()).isEmpty();
        String completed = batch("completed", "\"gpt-4o-mini-2024-07-18\"", "\"file-1\"", usage(1_001, 201));
        poll(completed);
        poll(completed);
        assertThat(readFile().text()).isEqualTo(OUTPUT);
        UsageEvent booked = onlyBooked();
        List<UsageEvent> events = plane.settled();
        UsageEvent created = events.getFirst();
        assertThat(created.flags().asSet()).containsExactly(Flag.USAGE_PENDING);
        assertThat(created.cost()).isEqualTo(Money.ZERO);
        assertThat(created.quantities().has(Meter.TOKENS_IN)).isFalse();
        assertThat(booked.callId()).isEqualTo(created.callId());
        assertThat(booked.time()).isEqualTo(created.time());
        assertThat(booked.attribution().run()).isEqualTo("run-7");
        assertThat(booked.serviceTier()).isEqualTo("batch");
        assertThat(booked.model()).isEqualTo("gpt-4o-mini-2024-07-18");
        assertThat(booked.flags().asSet()).containsExactly(Flag.USAGE_DEFERRED);
        // 0.075 in and 0.3 out, USD per million.
        assertThat(Objects.requireNonNull(booked.cost()).picos()).isEqualTo(1_001 * 75_000L + 201 * 300_000L);
        assertThat(events.subList(1, events.size())).allSatisfy(asked -> {
            assertThat(asked.quantities().has(Meter.TOKENS_IN)).isFalse();
            assertThat(asked.cost()).isEqualTo(Money.ZERO);
        });
        assertThat(events).extracting(event -> event.flags().has(Flag.USAGE_NOT_AWAITED))
                .containsExactly(false, false, false, false, true, true);
        assertThat(plane.ledger.openReservations()).isZero();
    }

    @Test
    void anOlderBatchIsBookedOnceByItsOutputFileEachModelAtItsPrice() throws Exception {
        create();
        String completed = batch("completed", "null", "\"file-1\"", "");
        poll(completed);
        plane.quiet();
        assertThat(plane.journal.booked()).isEmpty();
        readFile();
        readFile();
        poll(completed);
        poll(batch("completed", "null", "\"file-1\"", usage(1_050, 10)));
        UsageEvent booked = onlyBooked();
        assertThat(booked.quantities().amount(Meter.TOKENS_IN)).isEqualTo(1_050);
        assertThat(booked.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(10);
        assertThat(booked.providerRequestId()).isEqualTo("batch_1");
        // gpt-4o-mini as above, and 0.01 for embeddings.
        assertThat(Objects.requireNonNull(booked.cost()).picos())
                .isEqualTo(50 * 75_000L + 10 * 300_000L + 1_000 * 10_000L);
    }

    @Test
    void aFileThatIsCutOrReadInPartIsBookedByTheNextWholeRead() throws Exception {
        create();
        poll(batch("completed", "null", "\"file-1\"", ""));
        lengthAdded = 1;
        assertThat(readFile().whole()).isFalse();
        lengthAdded = 0;
        fileHead = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/99\r\n";
        readFile();
        plane.quiet();
        assertThat(plane.journal.booked()).isEmpty();
        fileHead = "HTTP/1.1 200 OK\r\n";
        readFile();
        assertThat(onlyBooked().quantities().amount(Meter.TOKENS_IN)).isEqualTo(1_050);
    }

    @Test
    void whereTheBookingOfAFileCannotBeKeptTheNextReadBooks() throws Exception {
        create();
        poll(batch("completed", "null", "\"file-1\"", ""));
        plane.journal.keeps(RecordingJournal.Part.BOOK, false);
        assertThatThrownBy(this::readFile).isInstanceOf(EOFException.class);
        plane.quiet();
        plane.journal.keeps(RecordingJournal.Part.BOOK, true);
        assertThat(readFile().whole()).isTrue();
        onlyBooked();
    }

    /// What the registry holds then comes from the event; which file tells it, from the next question about the batch.
    @Test
    void aBatchOfAFormerStartIsBookedOnceByItsFile() throws Exception {
        create();
        poll(batch("completed", "null", "\"file-1\"", ""));
        plane.quiet();
        Awaited call = Objects.requireNonNull(plane.deferred.take(TestPlane.ACME, "openai", "batch_1"));
        assertThat(call.objectId()).isEqualTo("batch_1");
        plane.parts.admissions().release(Objects.requireNonNull(call.admitted()));
        plane.deferred.takeExpired(Instant.now());
        plane.deferred.await(new Awaited(call.created(), null));
        readFile();
        plane.quiet();
        assertThat(plane.journal.booked()).isEmpty();
        poll(batch("completed", "null", "\"file-1\"", ""));
        readFile();
        assertThat(onlyBooked().time()).isEqualTo(call.created().time());
    }

    @Test
    void aBatchThatFailedItsValidationHasUsedNothingAndNeedsNoPrice() throws Exception {
        create();
        poll(batch("failed", "null", "null", ZEROS));
        UsageEvent booked = onlyBooked();
        assertThat(booked.cost()).isEqualTo(Money.ZERO);
        assertThat(booked.flags().asSet()).containsExactly(Flag.USAGE_DEFERRED);
    }

    @ParameterizedTest
    @CsvSource({"null", "\"nobody-knows\""})
    void aBatchWhoseModelHasNoPriceIsUnpricedAndFlagged(String model) throws Exception {
        create();
        poll(batch("completed", model, "\"file-1\"", usage(10, 10)));
        UsageEvent booked = onlyBooked();
        assertThat(booked.cost()).isNull();
        assertThat(booked.flags().asSet()).containsExactlyInAnyOrder(Flag.USAGE_DEFERRED, Flag.UNPRICED);
    }

    @Test
    void aMessageBatchIsBookedOnceByItsResults() throws Exception {
        object = messageBatch("in_progress", 0);
        plane.call("POST /anthropic/v1/messages/batches", "", "{\"requests\":[]}");
        plane.call("GET /anthropic/v1/messages/batches/msgbatch_1", "", "");
        object = messageBatch("ended", 1);
        plane.call("GET /anthropic/v1/messages/batches/msgbatch_1", "", "");
        plane.quiet();
        assertThat(plane.journal.booked()).isEmpty();
        answers = RESULTS;
        plane.call("GET /anthropic/v1/messages/batches/msgbatch_1/results", "", "");
        plane.call("GET /anthropic/v1/messages/batches/msgbatch_1/results", "", "");
        UsageEvent booked = onlyBooked();
        assertThat(booked.serviceTier()).isEqualTo("batch");
        // Half of 1 in, 0.1 from the cache, 5 out, USD per million.
        assertThat(Objects.requireNonNull(booked.cost()).picos())
                .isEqualTo(20 * 500_000L + 10 * 50_000L + 5 * 2_500_000L);
        assertThat(plane.ledger.openReservations()).isZero();
    }

    @Test
    void aMessageBatchThatEndedWithoutASuccessHasUsedNothing() throws Exception {
        object = messageBatch("in_progress", 0);
        plane.call("POST /anthropic/v1/messages/batches", "", "{\"requests\":[]}");
        object = messageBatch("ended", 0);
        plane.call("GET /anthropic/v1/messages/batches/msgbatch_1", "", "");
        assertThat(onlyBooked().cost()).isEqualTo(Money.ZERO);
    }

    @ParameterizedTest
    @EnumSource(value = Meter.class, names = {"TOKENS", "COST", "TOKENS_OUT"})
    void underAHardCapNoBatchIsCreated(Meter capped) throws Exception {
        plane.limits(Limit.block("hard-" + capped, Entity.THE_TENANT, Measure.of(capped), Window.DAY,
                1_000_000_000_000L));
        object = batch("validating", "null", "null", ZEROS);
        for (String path : List.of("/openai/v1/batches", "/anthropic/v1/messages/batches",
                "/google/v1beta/models/gemini-2.5-flash:batchGenerateContent", "/openai/v1/nobody/knows")) {
            Wire.Message refused = plane.call("POST " + path, "", CREATE);
            assertThat(refused.text()).as(path).contains("unbounded_request");
        }
        assertThat(plane.upstream.requests()).isEmpty();
        assertThat(plane.call("POST /openai/v1/files", "", "a file").status()).isEqualTo(200);
    }

    @Test
    void aCapOnCallsLetsABatchPassAndCountsItAsOne() throws Exception {
        plane.limits(Limit.block("calls", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.DAY, 1));
        create();
        assertThat(plane.call("POST /openai/v1/batches", "", CREATE).status()).isEqualTo(429);
    }
}
