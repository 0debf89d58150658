package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventsAndCostsTest {
    private final RunningControlPlane plane = RunningControlPlane.start();

    @AfterEach
    void close() {
        plane.close();
    }

    @Test
    void eventIsShownWhole() {
        plane.store.add(SampleEvents.full());
        assertThat(plane.get("/api/events").items().getJsonObject(0)).isEqualTo(new JsonObject(
                """
                        {"id":"node-a-1-1","call_id":"call-1","attempt":2,"time":"2026-03-14T09:00:00.123456Z",
                         "tenant":"acme","key":"key_1","user":"ann","route":"openai","provider":"openai",
                         "model_asked":"gpt-4o","model_answered":"gpt-4o-2024-08-06","region":"eu","service_tier":"default",
                         "provider_request_id":"req_1",
                         "meters":{"tokens_in":120,"tokens_out":30,"tokens":150,"cache_read":64,"egress_bytes":1400,"ingress_bytes":1400},
                         "provenance":{"tokens_in":"reported","tokens_out":"tokenizer","tokens":"tokenizer","cache_read":"reported",
                                       "egress_bytes":"reported","ingress_bytes":"reported"},
                         "tools":{"search":2},
                         "bytes":{"client_in":500,"upstream_out":510,"upstream_in":900,"client_out":890},
                         "client_status":200,"upstream_status":200,"latency_ms":1200.346,"time_to_first_token_ms":300.000,
                         "client_retry_count":1,"retry_after_s":20,"outcome":"ok","reason_code":"cap_exceeded",
                         "run":"run+1 %","step":"plan","ticket":"INC-7","cost_center":"cc-42","tags":{"team":"search","env":"prod"},
                         "price_version":"2026-03","cost":"0.000125","cost_reported":"0.00013","currency":"USD","flags":["unclassified"],
                         "received_at":"2026-03-14T09:00:00.373456Z"}"""));
    }

    @Test
    void whatIsNotKnownIsNullAndNotZero() {
        plane.store.add(SampleEvents.refusal());
        var event = plane.get("/api/events").items().getJsonObject(0);
        for (String field : new String[]{"tenant", "key", "model_asked", "upstream_status", "time_to_first_token_ms",
            "retry_after_s", "price_version"}) {
            assertThat(event.containsKey(field)).as(field).isTrue();
            assertThat(event.getValue(field)).as(field).isNull();
        }
        assertThat(event.getString("cost")).isEqualTo("0");
        assertThat(event.getJsonObject("meters").containsKey("tokens")).isFalse();
    }

    @Test
    void unpricedCostIsNull() {
        plane.store.add(SampleEvents.of(1, SampleEvents.TIME, "m", null, null));
        assertThat(plane.get("/api/events").items().getJsonObject(0).getValue("cost")).isNull();
    }

    @Test
    void filterValuesAreDecodedOnce() {
        plane.store.add(SampleEvents.full());
        plane.store.add(SampleEvents.of(2, SampleEvents.TIME, "1.0", "run 1 %", "1"));
        assertThat(ids("run=" + encoded("run+1 %"))).containsExactly("node-a-1-1");
        assertThat(ids("run=" + encoded("run 1 %"))).containsExactly("node-a-1-2");
        assertThat(ids("model=1.0")).containsExactly("node-a-1-2");
    }

    @Test
    void timesWithAnOffsetNameTheSameMoment() {
        plane.store.add(SampleEvents.of(1, Instant.parse("2026-03-14T09:00:00Z"), "m", null, "1"));
        assertThat(ids("from=" + encoded("2026-03-14T10:00:00+01:00") + "&to=2026-03-14T09:00:01Z")).hasSize(1);
        assertThat(ids("from=2026-03-14T08:00:00Z&to=" + encoded("2026-03-14T10:00:00+01:00"))).isEmpty();
    }

    @Test
    void pagesHoldEachEventOnceNewestFirst() {
        for (int i = 1; i <= 25; i++) {
            // several events at one moment: the id decides
            plane.store.add(SampleEvents.of(i, SampleEvents.TIME.plusSeconds(i / 4), "m", null, "1"));
        }
        var seen = new ArrayList<String>();
        var cursor = "";
        while (cursor != null) {
            var page = plane.get("/api/events?limit=7" + (cursor.isEmpty() ? "" : "&cursor=" + cursor));
            page.items().forEach(item -> seen.add(((JsonObject) item).getString("id")));
            cursor = page.json().getString("next");
        }
        assertThat(seen).hasSize(25).doesNotHaveDuplicates();
        assertThat(seen.getFirst()).isEqualTo("node-a-1-25");
        assertThat(seen.getLast()).isEqualTo("node-a-1-1");
    }

    @Test
    void groupsSumToTheTotal() {
        plane.post("/api/tenants", "{\"id\":\"acme\",\"plan\":\"pro\"}");
        plane.store.add(SampleEvents.of(1, SampleEvents.TIME, "a", "r1", "0.1"));
        plane.store.add(SampleEvents.of(2, SampleEvents.TIME, "b", "r1", "0.000000000001"));
        plane.store.add(SampleEvents.of(3, SampleEvents.TIME, "b", null, null));
        plane.store.add(SampleEvents.of(4, Instant.parse("2026-04-01T00:00:00Z"), "b", null, "5"));
        var summary = plane.get("/api/costs/summary?tenant=acme&period=2026-03&groupBy=model").json();
        assertThat(summary.getJsonObject("total")).isEqualTo(new JsonObject("""
                {"cost":"0.100000000001","events":3,"attempts":3,"refusals":0,"unpriced":1,
                 "meters":{"tokens_in":60,"tokens_out":6,"tokens":66}}"""));
        assertThat(summary.getJsonArray("groups").stream().map(group -> ((JsonObject) group).getString("value")))
                .containsExactly("a", "b");
        assertThat(summary.getJsonArray("groups").getJsonObject(1).getString("cost")).isEqualTo("0.000000000001");
        assertThat(summary.getString("to")).isEqualTo("2026-04-01T00:00:00Z");
    }

    @Test
    void modelsWithoutAPriceAreListedWithWhatTheBookKnowsByNow() {
        plane.store.add(SampleEvents.of(1, SampleEvents.TIME, "gpt-99", null, null));
        plane.store.add(SampleEvents.of(2, SampleEvents.TIME.plusSeconds(60), "gpt-99", null, null));
        plane.store.add(SampleEvents.of(3, SampleEvents.TIME, "gpt-4o", null, null));
        plane.store.add(SampleEvents.of(4, SampleEvents.TIME, "gpt-98", null, "0.5"));
        plane.store.add(SampleEvents.of(5, Instant.parse("2026-01-01T00:00:00Z"), "gpt-97", null, null));
        var listed = plane.get("/api/prices/unpriced?since=2026-03-13").json();
        assertThat(listed.getString("price_version")).startsWith("list-");
        assertThat(listed.getJsonArray("items")).isEqualTo(new JsonArray("""
                [{"provider":"openai","model":"gpt-99","service_tier":null,"events":2,"first_day":"2026-03-14",
                  "last_day":"2026-03-14","priced_now":false},
                 {"provider":"openai","model":"gpt-4o","service_tier":null,"events":1,"first_day":"2026-03-14",
                  "last_day":"2026-03-14","priced_now":true}]"""));
        assertThat(plane.get("/api/prices/unpriced?since=2026-02-30").status()).isEqualTo(400);
    }

    @Test
    void periodIsTheRunningMonthUnlessNamed() {
        plane.post("/api/tenants", "{\"id\":\"acme\",\"plan\":\"pro\"}");
        var summary = plane.get("/api/costs/summary?tenant=acme").json();
        assertThat(summary.getString("period")).isEqualTo("2026-03");
        assertThat(summary.getJsonObject("total").getString("cost")).isEqualTo("0");
        assertThat(summary.containsKey("groups")).isFalse();
    }

    @Test
    void runWithoutANameIsAGroupOfItsOwn() {
        plane.post("/api/tenants", "{\"id\":\"acme\",\"plan\":\"pro\"}");
        plane.store.add(SampleEvents.of(1, SampleEvents.TIME, "a", null, "1"));
        JsonArray groups = plane.get("/api/costs/summary?tenant=acme&period=2026-03-14&groupBy=run")
                .json()
                .getJsonArray("groups");
        assertThat(groups.getJsonObject(0).getValue("value")).isNull();
    }

    private java.util.List<String> ids(String query) {
        return plane.get("/api/events?" + query)
                .items()
                .stream()
                .map(item -> ((JsonObject) item).getString("id"))
                .toList();
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
