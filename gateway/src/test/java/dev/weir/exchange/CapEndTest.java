package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.event.Flags.Flag;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.ledger.Standing;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A stream that meets a cap ends behind a whole event, in the words in which its dialect says that an output limit is reached,
/// and what passed is never more than what was reserved (G2.3).
class CapEndTest {
    private static final int WORDS = 4_000;

    @RegisterExtension
    static final TestPlane PLANE = TestPlane.shared();

    private Limit cap = limit(Meter.EGRESS_BYTES, 1);

    /// The APIs, each with an answer of as many events as anybody asks for.
    private enum Api {
        CHAT("openai/v1/chat/completions", "gpt-4o-mini",
                "data: {'id':'c-1','created':7,'model':'gpt-4o-mini','choices':[{'index':0,'delta':{'role':'assistant'}}]}\n\n",
                "data: {'id':'c-1','created':7,'model':'gpt-4o-mini','choices':[{'index':0,'delta':{'content':' word'}}]}\n\n",
                List.of("\"finish_reason\":\"length\"", "\"usage\":{\"prompt_tokens\":", "data: [DONE]")),
        RESPONSES("openai/v1/responses", "gpt-4o-mini",
                "event: response.created\ndata: {'type':'response.created','sequence_number':0,'response':{'id':'resp_1',"
                        + "'status':'in_progress','model':'gpt-4o-mini','created_at':7}}\n\nevent: response.output_item.added\n"
                        + "data: {'type':'response.output_item.added','sequence_number':1,'output_index':0,'item':"
                        + "{'id':'msg_1','type':'message','status':'in_progress','role':'assistant','content':[]}}\n\n",
                "event: response.output_text.delta\ndata: {'type':'response.output_text.delta','sequence_number':2,"
                        + "'item_id':'msg_1','output_index':0,'content_index':0,'delta':' word'}\n\n",
                List.of("event: response.incomplete", "\"status\":\"incomplete\"",
                        "\"incomplete_details\":{\"reason\":\"max_output_tokens\"}", "\"sequence_number\":3",
                        " word word")),
        MESSAGES("anthropic/v1/messages", "claude-haiku-4-5",
                "event: message_start\ndata: {'type':'message_start','message':{'id':'msg_1','model':'claude-haiku-4-5',"
                        + "'usage':{'input_tokens':9,'output_tokens':1}}}\n\nevent: content_block_start\ndata: "
                        + "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}\n\n",
                "event: content_block_delta\ndata: {'type':'content_block_delta','index':0,'delta':{'type':'text_delta',"
                        + "'text':' word'}}\n\n",
                List.of("{\"type\":\"content_block_stop\",\"index\":0}", "\"stop_reason\":\"max_tokens\"",
                        "{\"type\":\"message_stop\"}")),
        GEMINI_EVENTS("google/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "gemini-2.5-flash",
                "data: {'candidates':[{'content':{'role':'model','parts':[{'text':'A'}]},'index':0}],"
                        + "'modelVersion':'gemini-2.5-flash','responseId':'r-1'}\r\n\r\n",
                "data: {'candidates':[{'content':{'role':'model','parts':[{'text':' word'}]},'index':0}],"
                        + "'usageMetadata':{'promptTokenCount':9,'candidatesTokenCount':#,'totalTokenCount':9}}\r\n\r\n",
                List.of("\"finishReason\":\"MAX_TOKENS\"", "\"usageMetadata\":{\"promptTokenCount\":")),
        GEMINI_ARRAY("google/v1beta/models/gemini-2.5-flash:streamGenerateContent", "gemini-2.5-flash",
                "[{'candidates':[{'content':{'role':'model','parts':[{'text':'A'}]},'index':0}],'responseId':'r-1'}",
                "\r\n,\r\n{'candidates':[{'content':{'role':'model','parts':[{'text':' wo]}rd'}]},'index':0}],"
                        + "'usageMetadata':{'promptTokenCount':9,'candidatesTokenCount':#,'totalTokenCount':9}}",
                List.of("\"finishReason\":\"MAX_TOKENS\"", "\"responseId\":\"r-1\"}\r\n]"));

        private final String path;
        private final String model;
        private final String first;
        private final String word;
        private final List<String> end;

        Api(String path, String model, String first, String word, List<String> end) {
            this.path = path;
            this.model = model;
            this.first = first.replace('\'', '"');
            this.word = word.replace('\'', '"');
            this.end = end;
        }

        boolean isGoogle() {
            return path.startsWith("google");
        }

        String request(int outputMost) {
            return switch (this) {
                case GEMINI_EVENTS, GEMINI_ARRAY -> "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}],"
                        + "\"generationConfig\":{\"maxOutputTokens\":" + outputMost + "}}";
                case RESPONSES -> "{\"model\":\"" + model + "\",\"stream\":true,\"max_output_tokens\":" + outputMost
                        + ",\"input\":\"hi\"}";
                case CHAT, MESSAGES -> "{\"model\":\"" + model + "\",\"stream\":true,\"max_tokens\":" + outputMost
                        + (this == CHAT ? ",\"stream_options\":{\"include_usage\":true}" : "")
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
            };
        }

        /// The word that is number `i`, from 0.
        String word(int i) {
            return word.replace("#", Integer.toString(i + 2));
        }

        String comment(Limit limit) {
            return this == GEMINI_ARRAY ? "" : ": weir cut_by_cap cap_exceeded " + limit.id() + "\n\n";
        }
    }

    private static Limit limit(Meter meter, long amount) {
        return Limit.block("cap-" + System.nanoTime(), Entity.THE_TENANT, Measure.of(meter), Window.TOTAL, amount);
    }

    private void cap(Meter meter, long amount) {
        cap = limit(meter, amount);
        PLANE.limits(cap);
    }

    private Standing standing() {
        return PLANE.ledger.standing(TestPlane.ACME, cap, "acme", Instant.now());
    }

    /// So many bytes at a time, whatever stands in them.
    private List<Standing> answers(Api api, int words, int bytesAtOnce) {
        var standings = new CopyOnWriteArrayList<Standing>();
        var whole = new StringBuilder(api.first);
        for (int i = 0; i < words; i++) {
            whole.append(api.word(i));
        }
        byte[] body = whole.toString().getBytes(StandardCharsets.UTF_8);
        PLANE.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int at = 0; at < body.length; at += bytesAtOnce) {
                wire.sendChunk(body, at, Math.min(bytesAtOnce, body.length - at));
                standings.add(standing());
            }
            wire.send("0\r\n\r\n");
        });
        return standings;
    }

    private static Wire.Message seen(Api api, String request) throws Exception {
        return PLANE.call("POST /" + api.path, "", request);
    }

    /// Whole events of the upstream's, then the end.
    ///
    /// @return how many words passed
    private int assertEnded(Api api, Wire.Message seen) {
        assertThat(seen.status()).isEqualTo(200);
        assertThat(seen.whole()).isTrue();
        String text = seen.text();
        var passed = new StringBuilder(api.first);
        assertThat(text).startsWith(api.first);
        int words = 0;
        while (text.startsWith(passed + api.word(words))) {
            passed.append(api.word(words));
            words++;
        }
        String end = text.substring(passed.length());
        assertThat(end).contains(api.end).endsWith(api == Api.GEMINI_ARRAY ? "\r\n]" : api.comment(cap));
        return words;
    }

    @ParameterizedTest
    @EnumSource(Api.class)
    void aByteCapEndsAStreamBehindAWholeEvent(Api api) throws Exception {
        cap(Meter.EGRESS_BYTES, 70_000);
        List<Standing> standings = answers(api, WORDS, 1_777);
        Wire.Message seen = seen(api, api.request(100_000));

        int words = assertEnded(api, seen);
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.CUT_BY_CAP);
        assertThat(event.reasonCode()).isEqualTo("cap_exceeded");
        assertThat(event.bytes().clientOut()).isEqualTo(seen.body().length);
        assertThat(event.quantities().amount(Meter.EGRESS_BYTES)).isEqualTo(standing().settled())
                .isBetween(api == Api.RESPONSES ? 40_000L : 64_000L, 70_000L);
        assertThat(event.quantities().amount(Meter.TOKENS_OUT)).isBetween((long) words / 2, 6L * words);
        assertThat(event.flags().has(Flag.BOUND_VIOLATED)).isFalse();
        assertThat(standings).isNotEmpty().allMatch(at -> at.settled() + at.reserved() <= 70_000);
        assertThat(standing().reserved()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Api.class)
    void aCapOnWhatIsReceivedEndsAStreamToo(Api api) throws Exception {
        cap(Meter.INGRESS_BYTES, 40_000);
        answers(api, WORDS, 50_000);
        Wire.Message seen = seen(api, api.request(100_000));

        assertEnded(api, seen);
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.CUT_BY_CAP);
        assertThat(event.quantities().amount(Meter.INGRESS_BYTES)).isEqualTo(standing().settled())
                .isBetween(39_000L, 40_000L);
    }

    /// The upstream is told to put out 300 tokens at most, and does not care.
    @ParameterizedTest
    @EnumSource(Api.class)
    void outputBeyondWhatWasReservedEndsAStream(Api api) throws Exception {
        cap(Meter.TOKENS, 100_000);
        answers(api, WORDS, 4_321);
        Wire.Message seen = seen(api, api.request(300));

        int words = assertEnded(api, seen);
        int most = api == Api.MESSAGES ? 603 : 302;
        assertThat(words).isBetween(297, most);
        UsageEvent event = PLANE.onlySettled();
        assertThat(event.outcome()).isEqualTo(Outcome.CUT_BY_CAP);
        assertThat(event.reasonCode()).isEqualTo("cap_exceeded");
        if (!api.isGoogle()) {
            assertThat(event.quantities().amount(Meter.TOKENS_OUT)).isEqualTo(300);
            assertThat(event.flags().has(Flag.BOUND_VIOLATED)).isFalse();
        }
        assertThat(standing().settled()).isLessThan(1_000);
        assertThat(standing().reserved()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Api.class)
    void aStreamThatFitsPassesByteForByte(Api api) throws Exception {
        PLANE.limits(limit(Meter.EGRESS_BYTES, 1_000_000), limit(Meter.TOKENS, 100_000));
        answers(api, 100, 333);
        Wire.Message seen = seen(api, api.request(5_000));

        var whole = new StringBuilder(api.first);
        for (int i = 0; i < 100; i++) {
            whole.append(api.word(i));
        }
        assertThat(seen.text()).isEqualTo(whole.toString());
        assertThat(PLANE.onlySettled().outcome()).isEqualTo(Outcome.OK);
    }

    /// Nothing of an event that is longer than what is held can be taken back, so there the connection is cut.
    @Test
    void aCapThatIsMetInsideAVeryLongEventCutsTheConnection() throws Exception {
        cap(Meter.EGRESS_BYTES, 150_000);
        PLANE.upstream.answers((request, wire, number) -> {
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            wire.sendChunk(Api.CHAT.first + "data: {\"choices\":[{\"delta\":{\"content\":\"");
            for (int i = 0; i < 40; i++) {
                wire.sendChunk("x".repeat(10_000));
            }
            wire.send("0\r\n\r\n");
        });
        Wire.Message seen = seen(Api.CHAT, Api.CHAT.request(100_000));

        assertThat(seen.whole()).isFalse();
        assertThat(PLANE.onlySettled().outcome()).isEqualTo(Outcome.CUT_BY_CAP);
        assertThat(standing().settled()).isLessThanOrEqualTo(150_000);
    }

    /// A limit of its own that the upstream keeps is no cap's business, however near it comes.
    @Test
    void anUpstreamThatKeepsTheLimitIsNeverCut() throws Exception {
        cap(Meter.TOKENS, 100_000);
        answers(Api.CHAT, 300, 999);
        Wire.Message seen = seen(Api.CHAT, Api.CHAT.request(300));

        assertThat(seen.text()).doesNotContain("cut_by_cap");
        assertThat(PLANE.onlySettled().outcome()).isEqualTo(Outcome.OK);
    }

    @Test
    void whatIsNotKeptIsNotEndedEither() throws Exception {
        cap(Meter.EGRESS_BYTES, 20_000);
        answers(Api.CHAT, WORDS, 5_000);
        PLANE.journal.keeps(RecordingJournal.Part.SETTLE, false);
        String text = "";
        try {
            Wire.Message seen = seen(Api.CHAT, Api.CHAT.request(100_000));
            assertThat(seen.whole()).isFalse();
            text = seen.text();
        } catch (EOFException beforeItsHead) {
            // Cut just the same.
        }
        assertThat(text).doesNotContain("cut_by_cap");
        PLANE.quiet();
        assertThat(PLANE.journal.opened()).hasSize(1);
    }

    /// Under a cap the client's own offer of a coding is not passed on, for what is coded cannot be ended.
    @Test
    void whereACapMayBeMetTheUpstreamIsAskedForPlainBytes() throws Exception {
        cap(Meter.EGRESS_BYTES, 100_000);
        answers(Api.MESSAGES, 1, 5_000);
        PLANE.call("POST /" + Api.MESSAGES.path, "Accept-Encoding: gzip, br\r\n", Api.MESSAGES.request(50));

        assertThat(PLANE.upstream.onlyRequest().header("accept-encoding")).isEqualTo("identity");
    }
}
