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
import dev.weir.usage.Quantities;
import java.io.EOFException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Usage that comes later and can be read many times: booked once, to the call that made it.
class LaterUsageTest {
    private static final String CREATE = "{\"model\":\"gpt-4o-mini\",\"input\":\"hi\",\"background\":true,"
            + "\"max_output_tokens\":50}";
    private static final String USAGE = "{\"input_tokens\":9,\"input_tokens_details\":{\"cached_tokens\":4},"
            + "\"output_tokens\":20,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":29}";
    private static TestPlane plane;

    private static int limits;
    /// A counter of its own for each test.
    private final Limit tokens = Limit.block("day" + ++limits, Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.DAY,
            1_000);

    @BeforeAll
    static void start() throws Exception {
        plane = new TestPlane();
    }

    @AfterAll
    static void stop() throws Exception {
        plane.close();
    }

    @AfterEach
    void awaitNoLonger() {
        plane.awaitNoLonger();
    }

    @BeforeEach
    void forget() {
        plane.forget();
    }

    /// A provider that creates responses in the background, and says they are done when it is asked.
    private static void providerWorksInTheBackground(String status, String usage) {
        plane.upstream.answers((request, wire, number) -> wire.send(json(request.start().startsWith("GET")
                || request.start().contains("/cancel")
                        ? response("resp_1", status, usage)
                        : response("resp_1", "queued", "null"))));
    }

    private static String response(String id, String status, String usage) {
        return "{\"id\":\"" + id + "\",\"object\":\"response\",\"status\":\"" + status + "\",\"background\":true,"
                + "\"error\":null,\"model\":\"gpt-4o-mini-2024-07-18\",\"output\":[],\"service_tier\":\"default\","
                + "\"usage\":" + usage + "}";
    }

    private static String json(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n"
                + body;
    }

    private static Wire.Message create() throws Exception {
        return plane.call("POST /openai/v1/responses", "X-Weir-Run: run-7\r\n", CREATE);
    }

    private static Wire.Message ask() throws Exception {
        return plane.call("GET /openai/v1/responses/resp_1", "", "");
    }

    private long settled() {
        return plane.parts.admissions().standing(TestPlane.ACME, tokens, "acme", Instant.now()).settled();
    }

    private long reserved() {
        return plane.parts.admissions().standing(TestPlane.ACME, tokens, "acme", Instant.now()).reserved();
    }

    @Test
    void aResponseInTheBackgroundIsPendingAndNothingOfItIsEstimated() throws Exception {
        providerWorksInTheBackground("completed", USAGE);
        create();
        UsageEvent created = plane.onlySettled();
        assertThat(created.flags().asSet()).containsExactly(Flag.USAGE_PENDING);
        assertThat(created.quantities().has(Meter.TOKENS_IN)).isFalse();
        assertThat(created.quantities().amount(Meter.CALLS)).isEqualTo(1);
        assertThat(created.cost()).isEqualTo(Money.ZERO);
        assertThat(created.providerRequestId()).isEqualTo("resp_1");
        assertThat(plane.journal.booked()).isEmpty();
    }

    @Test
    void theFirstAnswerThatTellsItBooksItAndLaterOnesDoNot() throws Exception {
        providerWorksInTheBackground("completed", USAGE);
        create();
        for (int i = 0; i < 3; i++) {
            assertThat(ask().text()).contains("\"completed\"");
        }
        List<UsageEvent> events = plane.settled();
        UsageEvent created = events.getFirst();
        assertThat(plane.journal.booked()).singleElement().satisfies(booked -> {
            assertThat(booked.callId()).isEqualTo(created.callId());
            assertThat(booked.attempt()).isEqualTo(2);
            assertThat(booked.time()).isEqualTo(created.time());
            assertThat(booked.attribution().run()).isEqualTo("run-7");
            assertThat(booked.quantities().amount(Meter.TOKENS_IN)).isEqualTo(9);
            assertThat(booked.quantities().amount(Meter.CACHE_READ)).isEqualTo(4);
            assertThat(booked.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(20);
            assertThat(booked.quantities().has(Meter.CALLS)).isFalse();
            // 5 fresh at 0.15, 4 cached at 0.075, 20 out at 0.6 USD per million.
            assertThat(Objects.requireNonNull(booked.cost()).picos())
                    .isEqualTo(5 * 150_000 + 4 * 75_000 + 20 * 600_000);
            assertThat(booked.flags().asSet()).containsExactly(Flag.USAGE_DEFERRED);
        });
        assertThat(events.subList(1, 4)).allSatisfy(asked -> {
            assertThat(asked.quantities().has(Meter.TOKENS_IN)).isFalse();
            assertThat(asked.cost()).isEqualTo(Money.ZERO);
        });
        assertThat(events).extracting(event -> event.flags().has(Flag.USAGE_NOT_AWAITED))
                .containsExactly(false, false, true, true);
        assertThat(plane.ledger.openReservations()).isZero();
    }

    @Test
    void ofManyWhoAskAtOnceOneBooksIt() throws Exception {
        providerWorksInTheBackground("completed", USAGE);
        create();
        try (var askers = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < 16; i++) {
                all.add(askers.submit(LaterUsageTest::ask));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        assertThat(plane.settled()).hasSize(17);
        assertThat(plane.journal.booked()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"queued", "in_progress"})
    void whatStillRunsStaysAwaited(String status) throws Exception {
        providerWorksInTheBackground(status, "null");
        create();
        ask();
        assertThat(plane.settled()).hasSize(2);
        assertThat(plane.journal.booked()).isEmpty();
        providerWorksInTheBackground("completed", USAGE);
        ask();
        plane.quiet();
        assertThat(plane.journal.booked()).hasSize(1);
    }

    @Test
    void aCancelledResponseBooksWhatItHadUsed() throws Exception {
        providerWorksInTheBackground("cancelled", USAGE);
        create();
        plane.call("POST /openai/v1/responses/resp_1/cancel", "", "");
        assertThat(plane.settled()).hasSize(2);
        assertThat(plane.journal.booked()).hasSize(1);
    }

    /// What a model may search at most is reserved, but is no word on what it did.
    @Test
    void aCutStreamWithAHostedToolIsNotChargedWithAllTheSearchesItMightHaveMade() throws Exception {
        String event = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"some words\"}\n\n";
        plane.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            wire.sendChunk(event);
            wire.close();
        });
        plane.call("POST /openai/v1/responses", "", "{\"model\":\"gpt-4o-mini\",\"input\":\"hi\",\"stream\":true,"
                + "\"tools\":[{\"type\":\"web_search\"}]}");
        UsageEvent cut = plane.onlySettled();
        assertThat(cut.quantities().amount(Meter.TOKENS_OUT)).isPositive();
        assertThat(cut.quantities().has(Meter.SEARCHES)).isFalse();
    }

    /// If Weir dies then, the asking call must not be charged with another's usage.
    @Test
    void theProgressOfALongAnswerIsNotTheEarlierCallsUsage() throws Exception {
        String whole = response("resp_1", "completed", USAGE + ",\"instructions\":\"" + "a".repeat(200_000) + "\"");
        plane.upstream.answers((request, wire, number) -> wire.send(json(whole)));
        ask();
        plane.quiet();
        assertThat(plane.journal.progress()).isNotEmpty().allMatch(Quantities::isEmpty);
    }

    @Test
    void aResponseThatTellsItsUsageAtOnceIsNotCountedAgainWhenItIsRead() throws Exception {
        plane.upstream.answers((request, wire, number) -> wire.send(json(response("resp_1", "completed", USAGE))));
        create();
        ask();
        List<UsageEvent> events = plane.settled();
        assertThat(events).extracting(event -> event.quantities().amount(Meter.TOKENS_OUT)).containsExactly(20L, 0L);
        assertThat(events.getLast().flags().asSet()).containsExactly(Flag.USAGE_NOT_AWAITED);
        assertThat(plane.journal.booked()).isEmpty();
    }

    @Test
    void anObjectThatARepeatedRequestNamesAgainIsBookedOnce() throws Exception {
        providerWorksInTheBackground("completed", USAGE);
        create();
        create();
        ask();
        ask();
        assertThat(plane.settled()).hasSize(4);
        assertThat(plane.journal.booked()).hasSize(1);
        assertThat(plane.ledger.openReservations()).isZero();
    }

    @Test
    void whatItMayUseStaysReservedUntilItIsTold() throws Exception {
        plane.limits(tokens);
        providerWorksInTheBackground("completed", USAGE);
        create();
        plane.quiet();
        long held = CREATE.length() + 64 + 50;
        assertThat(reserved()).isEqualTo(held);
        assertThat(settled()).isZero();
        ask();
        plane.quiet();
        assertThat(reserved()).isZero();
        assertThat(settled()).isEqualTo(29);
    }

    @Test
    void aCallThatRunsInTheBackgroundIsNotInFlight() throws Exception {
        plane.limits(Limit.block("one", Entity.THE_TENANT, new Measure.InFlight(), Window.TOTAL, 1));
        providerWorksInTheBackground("completed", USAGE);
        assertThat(create().status()).isEqualTo(200);
        assertThat(create().status()).isEqualTo(200);
    }

    @Test
    void whereTheBookingCannotBeKeptTheAnswerIsNotSeenAndTheNextOneBooks() throws Exception {
        plane.limits(tokens);
        providerWorksInTheBackground("completed", USAGE);
        create();
        plane.journal.keeps(RecordingJournal.Part.BOOK, false);
        assertThatThrownBy(LaterUsageTest::ask).isInstanceOf(EOFException.class);
        plane.quiet();
        assertThat(plane.journal.booked()).isEmpty();
        assertThat(settled()).isZero();
        plane.journal.keeps(RecordingJournal.Part.BOOK, true);
        assertThat(ask().whole()).isTrue();
        plane.quiet();
        assertThat(plane.journal.booked()).hasSize(1);
        assertThat(settled()).isEqualTo(29);
    }

    @Test
    void whatAFormerStartCreatedIsBookedAndChargedToTheWindowsThatStillRun() throws Exception {
        plane.limits(tokens);
        providerWorksInTheBackground("completed", USAGE);
        create();
        Awaited call = Objects.requireNonNull(plane.deferred.take(TestPlane.ACME, "openai", "resp_1"));
        plane.parts.admissions().release(Objects.requireNonNull(call.admitted()));
        plane.deferred.await(new Awaited(call.created(), null));
        ask();
        plane.quiet();
        assertThat(plane.journal.booked()).singleElement()
                .satisfies(booked -> assertThat(booked.time()).isEqualTo(call.created().time()));
        assertThat(settled()).isEqualTo(29);
    }
}
