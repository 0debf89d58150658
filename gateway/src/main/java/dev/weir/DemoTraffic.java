package dev.weir;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// A minute of mixed traffic to the sandbox, as two tenants: `demo`, which runs into the caps of its plan `free`, and
/// `demo-pro`, which pays. Both dialects, streamed and whole, some errors, some tool calls.
final class DemoTraffic implements Runnable {
    private static final long SECONDS = 60;
    private static final long PAUSE_MILLIS = 150;
    private static final long SEED = 7;

    private final String base;
    private final String[] keys;
    /// Its default would ask for an upgrade to HTTP/2, which Weir refuses (G8).
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Map<Integer, Integer> statuses = new TreeMap<>();

    private DemoTraffic(String base, String... keys) {
        this.base = base;
        this.keys = keys;
    }

    /// Starts it beside the running gateway.
    static void start(Gateway gateway) {
        String demo = gateway.demoTenants().make("demo", "free", DemoTenants.KEY_FILE).reveal();
        String pro = gateway.demoTenants().make("demo-pro", "pro", "demo-pro.key").reveal();
        gateway.refreshDirectory();
        var traffic = new DemoTraffic("http://127.0.0.1:" + gateway.dataPort() + "/sandbox", demo, pro, pro, pro);
        System.out.println("weir: sending a minute of traffic as tenants demo and demo-pro …");
        Thread.ofVirtual().name("weir-demo").start(traffic);
    }

    @Override
    public void run() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        try {
            for (int number = 1; System.nanoTime() < end; number++) {
                int status = client.send(request(number), HttpResponse.BodyHandlers.discarding()).statusCode();
                statuses.merge(status, 1, Integer::sum);
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
            System.out.println("weir: the demo's traffic is over; answers by status: " + statuses
                    + ". Weir goes on; Ctrl-C stops it.");
        } catch (IOException stopped) {
            System.out.println("weir: the demo's traffic broke off: " + stopped.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpRequest request(int number) {
        String key = keys[random.nextInt(keys.length)];
        boolean anthropic = random.nextInt(3) == 0;
        boolean stream = random.nextBoolean();
        String fault = random.nextInt(20) == 0 ? ",\"weir_sandbox\":{\"status\":503}" : "";
        String body = "{\"model\":\"sandbox-small\",\"stream\":" + stream + ",\"max_tokens\":"
                + (20 + random.nextInt(60))
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"Question " + number + ": why build a weir?\"}]"
                + fault + "}";
        return HttpRequest.newBuilder(URI.create(base + (anthropic ? "/v1/messages" : "/v1/chat/completions")))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .header("anthropic-version", "2023-06-01")
                .header("X-Weir-Run", "demo-run-" + number / 10)
                .header("X-Weir-Ticket", "INC-" + (100 + random.nextInt(5)))
                .header("X-Weir-User", random.nextBoolean() ? "ada" : "grace")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }
}
