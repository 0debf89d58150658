package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.tenant.Entity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.Window;
import dev.weir.usage.Meter;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// An answer says which limits are nearly used up (`docs/refusals.md`).
class LimitWarningTest {
    @RegisterExtension
    static final TestPlane PLANE = TestPlane.shared();

    private static Wire.Message call() throws Exception {
        Wire.Message answer = PLANE.call("GET /tickets/a", "", "");
        PLANE.quiet();
        return answer;
    }

    private static void answers() {
        PLANE.upstream.answers((request, wire, number) -> wire
                .send("HTTP/1.1 200 OK\r\nX-Weir-Warning: \"the upstream's\";used=99\r\nContent-Length: 0\r\n\r\n"));
    }

    @Test
    void fromTheFirstAlertMarkOnEachAnswerSaysSo() throws Exception {
        answers();
        PLANE.limits(Limit.notify("soft", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.TOTAL, 8),
                Limit.block("hard", Entity.THE_TENANT, Measure.of(Meter.TOOL_CALLS), Window.DAY, 9));
        for (int i = 0; i < 6; i++) {
            assertThat(call().header("x-weir-warning")).as("call " + i).isNull();
        }
        assertThat(call().header("x-weir-warning")).isEqualTo("\"soft\";used=75;alert=75;window=\"total\"");
        Wire.Message eighth = call();
        assertThat(eighth.header("x-weir-warning"))
                .isEqualTo("\"hard\";used=77;alert=75;window=\"day\", \"soft\";used=87;alert=75;window=\"total\"");
        assertThat(eighth.header("ratelimit")).startsWith("\"hard\";r=1;t=");
        assertThat(eighth.header("ratelimit-policy")).isEqualTo("\"hard\";q=9;qu=\"tool_calls\";w=86400");
        assertThat(call().header("x-weir-warning")).contains("\"soft\";used=100;alert=100");
    }

    @Test
    void aLimitWithoutAlertsSaysNothing() throws Exception {
        answers();
        PLANE.limits(new Limit("quiet", Entity.THE_TENANT, Measure.of(Meter.CALLS), Window.TOTAL, ZoneOffset.UTC, 2,
                Limit.Action.NOTIFY, List.of()));
        call();
        call();

        assertThat(call().header("x-weir-warning")).isNull();
    }
}
