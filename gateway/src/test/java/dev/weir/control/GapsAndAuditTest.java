package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.postgres.Gaps.Noticed;
import dev.weir.spool.Gap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GapsAndAuditTest {
    private final RunningControlPlane plane = RunningControlPlane.start();

    @AfterEach
    void close() {
        plane.close();
    }

    @Test
    void gapsComeInPagesNewestFirst() {
        for (int i = 0; i < 5; i++) {
            plane.gaps.add(new Noticed(
                    new Gap("node-a", 3, i + 1, i == 0 ? null : (long) i + 1,
                            i == 0 ? Gap.Reason.POWER_CUT : Gap.Reason.MISSING),
                    RunningControlPlane.NOW.minusSeconds(i)));
        }
        var first = plane.get("/api/gaps?limit=2");
        assertThat(first.items().getJsonObject(0)).isEqualTo(new JsonObject("""
                {"node":"node-a","epoch":3,"first_seq":1,"last_seq":null,"reason":"power_cut",
                 "noticed_at":"2026-03-14T09:26:53Z"}"""));
        var second = plane.get("/api/gaps?limit=3&cursor=" + first.json().getString("next"));
        assertThat(second.items()).hasSize(3);
        assertThat(second.items().getJsonObject(0).getLong("last_seq")).isEqualTo(3);
        assertThat(second.json().containsKey("next")).isFalse();
    }

    @Test
    void aCursorOfAnotherListIsRefused() {
        assertThat(plane.get("/api/gaps?cursor=bm90aGluZw").status()).isEqualTo(400);
    }

    @Test
    void theReportIsShownWhole() {
        plane.audit = new AuditReport(RunningControlPlane.NOW, RunningControlPlane.NOW.plusSeconds(60),
                List.of(new AuditReport.Check("ids", AuditReport.Verdict.FAILED, "one is there twice",
                        List.of("n-1-1"))));
        assertThat(plane.get("/api/audit").json()).isEqualTo(new JsonObject().put("from", "2026-03-14T09:26:53Z")
                .put("to", "2026-03-14T09:27:53Z")
                .put("verdict", "failed")
                .put("checks", new JsonArray().add(new JsonObject().put("name", "ids")
                        .put("verdict", "failed")
                        .put("summary", "one is there twice")
                        .put("evidence", new JsonArray().add("n-1-1")))));
    }

    @Test
    void withoutTimesItIsYesterdayAndTodayInUtc() {
        assertThat(plane.get("/api/audit").status()).isEqualTo(200);
        assertThat(plane.get("/api/audit?from=2026-03-01T02:00:00%2B02:00&to=2026-03-02T00:00:00Z&wait=0").status())
                .isEqualTo(200);
        assertThat(plane.audited).containsExactly("2026-03-13T00:00:00Z 2026-03-15T00:00:00Z PT5S",
                "2026-03-01T00:00:00Z 2026-03-02T00:00:00Z PT0S");
    }

    @Test
    void aRangeThatEndsBeforeItBeginsOrNeverWasIsRefused() {
        for (String query : List.of("from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "from=2026-02-30T00:00:00Z",
                "wait=61", "wait=x", "to=yesterday")) {
            assertThat(plane.get("/api/audit?" + query).status()).as(query).isEqualTo(400);
        }
        assertThat(plane.audited).isEmpty();
    }
}
