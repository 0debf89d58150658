package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Streams that end before their end: what is counted of them, how it is known, and what `cut-streams: read-on` changes.
class CutStreamTest {
    private static final String ROUTES = """
              llama: {kind: llm, provider: ollama, upstream: "%1$s", allow-private: true}
              openai-on: {kind: llm, provider: openai, upstream: "%1$s", credential: k, allow-private: true, cut-streams: read-on, read-on-bytes: 8MiB}
              anthropic-on: {kind: llm, provider: anthropic, upstream: "%1$s", credential: k, allow-private: true, cut-streams: read-on}
              llama-on: {kind: llm, provider: ollama, upstream: "%1$s", allow-private: true, cut-streams: read-on}
              shortly: {kind: llm, provider: openai, upstream: "%1$s", credential: k, allow-private: true, cut-streams: read-on, read-on-for: 300ms}
              little: {kind: llm, provider: openai, upstream: "%1$s", credential: k, allow-private: true, cut-streams: read-on, read-on-bytes: 1KiB}
              silent: {kind: llm, provider: openai, upstream: "%1$s", credential: k, allow-private: true, cut-streams: read-on, deadlines: {silence: 300ms}}
            """;

    private enum Kind {
        OPENAI("openai", "/v1/chat/completions", "gpt-4o-mini", """
                data: {'model':'gpt-4o-mini','choices':[{'index':0,'delta':{'role':'assistant','content':''}}]}

                |data: {'choices':[{'index':0,'delta':{'content':'Hello'}}]}

                |data: {'choices':[{'index':0,'delta':{'content':' there, friend'},'finish_reason':'stop'}]}

                |data: {'choices':[],'usage':{'prompt_tokens':8,'completion_tokens':5,'total_tokens':13}}

                |data: [DONE]

                """),
        ANTHROPIC("anthropic", "/v1/messages", "claude-haiku-4-5",
                """
                        event: message_start
                        data: {'type':'message_start','message':{'model':'claude-haiku-4-5','usage':{'input_tokens':8,'output_tokens':3}}}

                        |event: content_block_delta
                        data: {'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'Hello'}}

                        |event: content_block_delta
                        data: {'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':' there, friend'}}

                        |event: message_delta
                        data: {'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':5}}

                        |event: message_stop
                        data: {'type':'message_stop'}

                        """),
        OLLAMA("llama", "/api/chat", "llama3.2", """
                {'model':'llama3.2','message':{'role':'assistant','content':''},'done':false}
                |{'model':'llama3.2','message':{'role':'assistant','content':'Hello'},'done':false}
                |{'model':'llama3.2','message':{'role':'assistant','content':' there, friend'},'done':false}
                |{'model':'llama3.2','message':{'content':''},'done':true,'prompt_eval_count':8,'eval_count':5}
                |
                """);

        final String route;
        final String path;
        final ModelId model;
        final List<String> frames;

        Kind(String route, String path, String model, String frames) {
            this.route = route;
            this.path = path;
            this.model = new ModelId(model);
            this.frames = List.of(frames.replace('\'', '"').split("\\|"));
        }

        String request() {
            return "{\"model\":\"" + model + "\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                    + (this == OLLAMA ? "" : "\"max_tokens\":50,")
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        }
    }

    private enum Cut {
        CLIENT_LEAVES(Outcome.CLIENT_GONE), UPSTREAM_DIES(Outcome.UPSTREAM_GONE), WEIR_STOPS(Outcome.INTERRUPTED);

        final Outcome outcome;

        Cut(Outcome outcome) {
            this.outcome = outcome;
        }
    }

    private enum When {
        BEFORE_TEXT, IN_TEXT, AFTER_TEXT, AFTER_USAGE;

        String text() {
            return switch (this) {
                case BEFORE_TEXT -> "";
                case IN_TEXT -> "Hello";
                case AFTER_TEXT, AFTER_USAGE -> "Hello there, friend";
            };
        }
    }

    private enum Policy {
        COUNT, READ_ON
    }

    private record Case(Kind kind, Cut cut, When when, Policy policy) {
        String passes() {
            return String.join("", kind.frames.subList(0, when.ordinal() + 1));
        }

        String rest() {
            return String.join("", kind.frames.subList(when.ordinal() + 1, kind.frames.size()));
        }

        String line() {
            return "POST /" + kind.route + (policy == Policy.READ_ON ? "-on" : "") + kind.path;
        }

        boolean readsOn() {
            return cut == Cut.CLIENT_LEAVES && policy == Policy.READ_ON && when != When.AFTER_USAGE;
        }
    }

    private final Limit cap = Limit.block("cap", Entity.THE_TENANT, Measure.of(Meter.TOKENS), Window.TOTAL, 100_000);
    private final CountDownLatch mayGoOn = new CountDownLatch(1);
    private TestPlane plane;

    static Stream<Case> cases() {
        var cases = new ArrayList<Case>();
        for (Kind kind : Kind.values()) {
            for (Cut cut : Cut.values()) {
                for (When when : When.values()) {
                    for (Policy policy : Policy.values()) {
                        cases.add(new Case(kind, cut, when, policy));
                    }
                }
            }
        }
        return cases.stream();
    }

    @BeforeEach
    void start() throws Exception {
        plane = new TestPlane(ROUTES, ExchangeLimits.DEFAULTS);
        plane.limits(cap);
    }

    @AfterEach
    void stop() throws Exception {
        mayGoOn.countDown();
        plane.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void aCutStreamIsCountedOrReadOn(Case row) throws Exception {
        plane.upstream.answers((request, wire, number) -> {
            wire.send(head(row.kind)).sendChunk(row.passes());
            switch (row.cut) {
                case CLIENT_LEAVES -> {
                    mayGoOn.await();
                    if (row.readsOn()) {
                        wire.sendChunk(row.rest()).send("0\r\n\r\n");
                    }
                    assertThat(row.readsOn() || wire.isClosed()).as("the upstream is told").isTrue();
                }
                case UPSTREAM_DIES -> {
                    mayGoOn.await();
                    wire.close();
                }
                case WEIR_STOPS -> assertThat(wire.isClosed()).as("the upstream is told").isTrue();
            }
        });
        try (var client = ask(row.line(), row.kind, row.passes())) {
            switch (row.cut) {
                case CLIENT_LEAVES -> leave(client);
                case UPSTREAM_DIES -> mayGoOn.countDown();
                case WEIR_STOPS -> plane.interrupt();
            }
            if (row.cut != Cut.CLIENT_LEAVES) {
                assertThat(client.line()).isEmpty();
                assertThat(client.isClosed()).as("no last chunk, no end").isTrue();
            }
        }

        UsageEvent event = plane.onlySettled();
        assertThat(event.outcome()).isEqualTo(row.cut.outcome);
        assertThat(event.bytes().clientOut()).isEqualTo(row.passes().length());
        assertThat(event.bytes().upstreamIn())
                .isEqualTo(row.passes().length() + (row.readsOn() ? row.rest().length() : 0));
        if (row.readsOn() || row.when == When.AFTER_USAGE) {
            assertTokens(event, Meter.TOKENS_IN, 8, Provenance.REPORTED);
            assertTokens(event, Meter.TOKENS_OUT, 5, Provenance.REPORTED);
        } else {
            assertCounted(row.kind, row.when.text(), event);
        }
        assertBooked(event);
    }

    private static void assertCounted(Kind kind, String text, UsageEvent event) {
        long words = text.isEmpty() ? 0 : text.length() == 5 ? 1 : 4;
        switch (kind) {
            case OPENAI -> {
                assertTokens(event, Meter.TOKENS_IN, 8, Provenance.TOKENIZER);
                assertTokens(event, Meter.TOKENS_OUT, words, Provenance.TOKENIZER);
            }
            case ANTHROPIC -> {
                assertTokens(event, Meter.TOKENS_IN, 8, Provenance.REPORTED);
                assertTokens(event, Meter.TOKENS_OUT, estimate(kind, text), Provenance.BOUND);
            }
            case OLLAMA -> {
                assertThat(event.quantities().amount(Meter.TOKENS_IN)).isBetween(9L, 40L);
                assertThat(event.quantities().provenance(Meter.TOKENS_IN)).isEqualTo(Provenance.BOUND);
                assertTokens(event, Meter.TOKENS_OUT, estimate(kind, text), Provenance.BOUND);
            }
        }
        assertThat(event.quantities().amount(Meter.TOKENS_OUT)).isBetween(words, 2 * words + 4);
    }

    private static long estimate(Kind kind, String text) {
        return text.isEmpty()
                ? 0
                : TestPlane.TOKENIZERS.estimate(kind.model, text).tokens()
                        + TestPlane.TOKENIZERS.aroundAnswer(kind.model, 0);
    }

    private static void assertTokens(UsageEvent event, Meter meter, long tokens, Provenance how) {
        assertThat(event.quantities().amount(meter)).as(meter.id()).isEqualTo(tokens);
        assertThat(event.quantities().provenance(meter)).as(meter.id()).isEqualTo(how);
    }

    private void assertBooked(UsageEvent event) {
        var standing = plane.ledger.standing(TestPlane.ACME, cap, "acme", Instant.now());
        assertThat(standing.settled()).isEqualTo(
                event.quantities().amount(Meter.TOKENS_IN) + event.quantities().amount(Meter.TOKENS_OUT));
        assertThat(standing.reserved()).isZero();
    }

    private static String head(Kind kind) {
        return "HTTP/1.1 200 OK\r\nContent-Type: "
                + (kind == Kind.OLLAMA ? "application/x-ndjson" : "text/event-stream")
                + "\r\nTransfer-Encoding: chunked\r\n\r\n";
    }

    /// Sends a request and reads what passes, as one chunk.
    private Wire ask(String line, Kind kind, String passes) throws Exception {
        Wire client = plane.client();
        client.request(line, plane.auth(), kind.request());
        assertThat(Objects.requireNonNull(client.head()).status()).isEqualTo(200);
        assertThat(client.line()).isEqualTo(Integer.toHexString(passes.length()));
        assertThat(client.raw(passes.length())).asString().isEqualTo(passes);
        return client;
    }

    /// The client leaves; the upstream goes on when Weir has noticed.
    private void leave(Wire client) throws Exception {
        client.reset();
        await().until(() -> plane.parts.openConnections() == 0);
        mayGoOn.countDown();
    }

    @Test
    void theReservationHoldsUntilTheUpstreamIsRead() throws Exception {
        var row = new Case(Kind.OPENAI, Cut.CLIENT_LEAVES, When.IN_TEXT, Policy.READ_ON);
        plane.upstream.answers((request, wire, number) -> {
            wire.send(head(row.kind)).sendChunk(row.passes());
            mayGoOn.await();
            wire.sendChunk(row.rest()).send("0\r\n\r\n");
        });
        try (var client = ask(row.line(), row.kind, row.passes())) {
            client.reset();
            await().until(() -> plane.parts.openConnections() == 0);
        }
        assertThat(plane.ledger.openReservations()).isEqualTo(1);
        assertThat(plane.ledger.standing(TestPlane.ACME, cap, "acme", Instant.now()).reserved()).isGreaterThan(50);

        mayGoOn.countDown();
        assertBooked(plane.onlySettled());
    }

    /// What may end the reading before its usage; each is the end of a call whose client left, counted.
    private enum Bound {
        TIME("shortly"), BYTES("little"), SILENCE("silent"), STOP("openai-on"), UPSTREAM("openai-on");

        final String route;

        Bound(String route) {
            this.route = route;
        }
    }

    @ParameterizedTest
    @EnumSource
    void readingOnHasItsBounds(Bound bound) throws Exception {
        var row = new Case(Kind.OPENAI, Cut.CLIENT_LEAVES, When.IN_TEXT, Policy.READ_ON);
        String more = row.kind.frames.get(1).repeat(bound == Bound.BYTES ? 20 : 2);
        plane.upstream.answers((request, wire, number) -> {
            wire.send(head(row.kind)).sendChunk(row.passes());
            mayGoOn.await();
            wire.sendChunk(more);
            if (bound == Bound.UPSTREAM) {
                wire.close();
            } else {
                assertThat(wire.isClosed()).as("the upstream is told").isTrue();
            }
        });
        try (var client = ask("POST /" + bound.route + row.kind.path, row.kind, row.passes())) {
            leave(client);
        }
        if (bound == Bound.STOP) {
            await().until(() -> plane.isAnyRunning());
            plane.interrupt();
        }

        UsageEvent event = plane.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.CLIENT_GONE);
        assertThat(event.bytes().clientOut()).isEqualTo(row.passes().length());
        assertThat(event.quantities().provenance(Meter.TOKENS_OUT)).isEqualTo(Provenance.TOKENIZER);
        long most = 1 + more.length() / row.kind.frames.get(1).length();
        assertThat(event.quantities().amount(Meter.TOKENS_OUT)).isBetween(bound == Bound.STOP ? 1 : most, most);
        assertBooked(event);
    }

    @Test
    void aSilentUpstreamIsCutAndCounted() throws Exception {
        var row = new Case(Kind.OPENAI, Cut.WEIR_STOPS, When.AFTER_TEXT, Policy.READ_ON);
        plane.upstream.answers((request, wire, number) -> {
            wire.send(head(row.kind)).sendChunk(row.passes());
            assertThat(wire.isClosed()).isTrue();
        });
        try (var client = ask("POST /silent" + row.kind.path, row.kind, row.passes())) {
            assertThat(client.line()).isEmpty();
            assertThat(client.isClosed()).isTrue();
        }
        UsageEvent event = plane.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.TIMEOUT);
        assertCounted(row.kind, row.when.text(), event);
        assertBooked(event);
    }

    @Test
    void anEstimateIsNeverAboveTheOutputLimit() throws Exception {
        var row = new Case(Kind.ANTHROPIC, Cut.UPSTREAM_DIES, When.AFTER_TEXT, Policy.COUNT);
        plane.upstream.answers((request, wire, number) -> {
            wire.send(head(row.kind)).sendChunk(row.passes());
            wire.close();
        });
        Wire.Message seen = plane.call(row.line(), "", row.kind.request().replace("50", "3"));
        assertThat(seen.whole()).isFalse();
        assertTokens(plane.onlySettled(), Meter.TOKENS_OUT, 3, Provenance.BOUND);
    }

    /// The answer waits for the client when it leaves: nothing of it may go on waiting.
    @Test
    void aClientThatTookNothingHoldsNothingUp() throws Exception {
        var row = new Case(Kind.OPENAI, Cut.CLIENT_LEAVES, When.IN_TEXT, Policy.READ_ON);
        String text = row.kind.frames.get(1).repeat(64);
        int pieces = 400;
        plane.upstream.answers((request, wire, number) -> {
            wire.send(head(row.kind)).sendChunk(row.kind.frames.getFirst());
            for (int i = 0; i < pieces; i++) {
                wire.sendChunk(text);
            }
            wire.sendChunk(row.rest()).send("0\r\n\r\n");
        });
        try (var client = Wire.narrowTo(plane.port())) {
            client.request(row.line(), plane.auth(), row.kind.request());
            assertThat(Objects.requireNonNull(client.head()).status()).isEqualTo(200);
            client.reset();
        }
        UsageEvent event = plane.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.CLIENT_GONE);
        assertTokens(event, Meter.TOKENS_OUT, 5, Provenance.REPORTED);
        assertThat(event.bytes().upstreamIn()).isGreaterThan(pieces * (long) text.length());
        assertThat(event.bytes().clientOut()).isLessThan(event.bytes().upstreamIn());
    }

    @Test
    void anAnswerInOnePieceIsReadOnToo() throws Exception {
        String answer = "{'model':'gpt-4o-mini','choices':[{'message':{'content':'Hello there'}}],".replace('\'', '"');
        String usage = "\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":5,\"total_tokens\":13}}";
        plane.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + (answer.length() + usage.length()) + "\r\n\r\n" + answer);
            mayGoOn.await();
            wire.send(usage);
        });
        try (var client = plane.client()) {
            client.request("POST /openai-on/v1/chat/completions", plane.auth(),
                    Kind.OPENAI.request().replace("true", "false"));
            assertThat(Objects.requireNonNull(client.head()).status()).isEqualTo(200);
            assertThat(client.raw(answer.length())).asString().isEqualTo(answer);
            leave(client);
        }
        UsageEvent event = plane.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.CLIENT_GONE);
        assertTokens(event, Meter.TOKENS_OUT, 5, Provenance.REPORTED);
        assertThat(event.bytes().clientOut()).isEqualTo(answer.length());
    }
}
