package dev.weir;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/// The stored events of a running Weir, as its API tells them.
final class Events {
    private static final int PAGE = 200;

    private Events() {}

    /// All events of a tenant.
    static List<JsonObject> of(WeirProcess weir, String tenant) throws IOException, InterruptedException {
        var all = new ArrayList<JsonObject>();
        String next = "";
        do {
            var page = new JsonObject(
                    weir.control("GET", "/api/events?tenant=" + tenant + "&limit=" + PAGE + next, ""));
            JsonArray items = page.getJsonArray("items");
            for (int i = 0; i < items.size(); i++) {
                all.add(items.getJsonObject(i));
            }
            String cursor = page.getString("next");
            next = cursor == null ? "" : "&cursor=" + cursor;
        } while (!next.isEmpty());
        return all;
    }

    /// All events of a tenant, once there are at least so many.
    static List<JsonObject> atLeast(int count, WeirProcess weir, String tenant) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptions()
                .until(() -> of(weir, tenant), events -> events.size() >= count);
    }
}
