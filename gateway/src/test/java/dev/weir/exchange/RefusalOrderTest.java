package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admission.RefusalCode;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A call with several faults is refused for the first of them in the order of `docs/refusals.md` (design decision 15).
class RefusalOrderTest {
    @RegisterExtension
    static final TestPlane PLANE = TestPlane.shared();

    /// What can be wrong with one call, in the order in which it is seen. The upstream never answers.
    private enum Fault {
        PATH, ROUTE, KEY, METHOD, BODY, UNPRICED, RUNNING, MINUTE, DAY, COST, SPOOL
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            PATH ROUTE KEY METHOD BODY UNPRICED RUNNING MINUTE DAY COST SPOOL | target_encoded_control
            ROUTE KEY METHOD BODY UNPRICED RUNNING MINUTE DAY COST SPOOL      | route_unknown
            KEY METHOD BODY UNPRICED RUNNING MINUTE DAY COST SPOOL            | key_unknown
            METHOD BODY UNPRICED RUNNING MINUTE DAY COST SPOOL                | method_not_allowed
            BODY UNPRICED RUNNING MINUTE DAY COST SPOOL                       | bad_request
            UNPRICED RUNNING MINUTE DAY COST SPOOL                            | unpriced_model
            RUNNING MINUTE DAY COST SPOOL                                     | concurrency_exceeded
            MINUTE DAY COST SPOOL                                             | rate_exceeded
            DAY COST SPOOL                                                    | cap_exceeded
            COST SPOOL                                                        | budget_exceeded
            SPOOL                                                             | spool_unavailable
            COST DAY MINUTE                                                   | rate_exceeded
            BODY SPOOL                                                        | bad_request
            KEY SPOOL                                                         | key_unknown
            ''                                                                | upstream_unreachable
            """)
    void theFirstFaultInTheOrderIsTheAnswer(String faults, String code) throws Exception {
        Set<Fault> all = EnumSet.noneOf(Fault.class);
        Arrays.stream(faults.split(" ")).filter(name -> !name.isEmpty()).map(Fault::valueOf).forEach(all::add);
        PLANE.limits(limits(all));
        PLANE.journal.keeps(RecordingJournal.Part.OPEN, !all.contains(Fault.SPOOL));
        PLANE.upstream.answers((request, wire, number) -> wire.close());

        Wire.Message refused = refused(all);

        assertThat(code(refused)).isEqualTo(code);
        // A head that the connection's own check refuses says more closely what is wrong with it.
        RefusalCode said = RefusalCode.byId(code).orElse(RefusalCode.BAD_HEAD);
        assertThat(refused.status()).isEqualTo(said.status());
        assertThat(PLANE.upstream.requests()).hasSize(said == RefusalCode.UPSTREAM_UNREACHABLE ? 1 : 0);
    }

    private static Wire.Message refused(Set<Fault> faults) throws Exception {
        String path = faults.contains(Fault.ROUTE) ? "/nowhere/v1" : "/openai/v1/chat/completions";
        String line = (faults.contains(Fault.METHOD) ? "PROPFIND " : "POST ") + path
                + (faults.contains(Fault.PATH) ? "/%00" : "");
        String key = faults.contains(Fault.KEY)
                ? "Authorization: Bearer wr_" + "A".repeat(40) + "\r\n"
                : PLANE.auth();
        String model = faults.contains(Fault.UNPRICED) ? "a-model-of-nobody" : "gpt-4o-mini";
        String body = "{\"model\":\"" + model
                + "\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
                + (faults.contains(Fault.BODY) ? "]" : "");
        try (var client = PLANE.client()) {
            return client.request(line, key, body).answer();
        }
    }

    private static Limit[] limits(Set<Fault> faults) {
        return faults.stream().flatMap(fault -> switch (fault) {
            case RUNNING -> Stream
                    .of(Limit.block("a-running", Entity.THE_TENANT, Measure.CONCURRENCY, Window.TOTAL, 0));
            case MINUTE -> Stream.of(used("z-minute", Meter.CALLS, Window.MINUTE));
            case DAY -> Stream.of(used("b-day", Meter.CALLS, Window.DAY));
            case COST, UNPRICED -> Stream.of(used("a-cost-" + fault, Meter.COST, Window.MINUTE));
            default -> Stream.<Limit>empty();
        }).toArray(Limit[]::new);
    }

    private static Limit used(String id, Meter meter, Window window) {
        return Limit.block(id, Entity.THE_TENANT, Measure.of(meter), window, 0);
    }

    /// In OpenAI's shape, or as a problem where no dialect is known yet.
    private static String code(Wire.Message refused) {
        JsonObject body = new JsonObject(refused.text());
        JsonObject error = body.getJsonObject("error");
        return error == null ? body.getString("code") : error.getString("code");
    }

    /// Each code has its row in the page, with its status.
    @Test
    void everyCodeIsDocumented() throws IOException {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/refusals.md"))) {
            folder = Objects.requireNonNull(folder.getParent());
        }
        String text = Files.readString(folder.resolve("docs/refusals.md"), StandardCharsets.UTF_8);
        int last = 0;
        for (RefusalCode code : RefusalCode.values()) {
            int row = text.indexOf("| `" + code.id() + "` | " + code.status() + " |");
            assertThat(row).as("the row of " + code + ", behind that of the code before it").isGreaterThan(last);
            last = row;
        }
    }
}
