package dev.weir;

import dev.weir.config.GatewayConfig;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// Asks the running Weir of a configuration, for commands of another process.
final class ControlClient {
    private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
    private static final int OK = 200;

    private ControlClient() {}

    /// @param patience how long the answer may take
    /// @throws StartFailure where nobody answers, or not with a document
    static JsonObject ask(GatewayConfig config, Duration patience, String path) throws InterruptedException {
        var control = config.listen().control();
        String host = control.host().equals("0.0.0.0") ? "127.0.0.1" : control.host();
        String base = (config.control().tls().isPresent() ? "https" : "http") + "://" + host + ":" + control.port();
        var request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(patience)
                .header("Authorization", "Bearer " + adminKey(config))
                .build();
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_MAX)
                .build()) {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != OK) {
                throw new StartFailure("the control plane at " + base + " answered " + response.statusCode()
                        + ". Is it the Weir of this configuration and data folder?");
            }
            return new JsonObject(response.body());
        } catch (IOException | DecodeException nobody) {
            throw new StartFailure("no Weir answers at " + base + ". Start it with `./weir run`, or name the control"
                    + " plane of the running one with --control.", nobody);
        }
    }

    private static String adminKey(GatewayConfig config) {
        if (config.keys().admin().isPresent()) {
            return config.keys().admin().get().reveal();
        }
        Path file = config.data().resolve(Secrets.ADMIN_FILE);
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new StartFailure("the admin key cannot be read from " + file
                    + ". Name the data folder of the running Weir with --data, or set WEIR_ADMIN_KEY.", e);
        }
    }
}
