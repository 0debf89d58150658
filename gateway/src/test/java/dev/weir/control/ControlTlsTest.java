package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.Certificates;
import dev.weir.config.Address;
import dev.weir.config.TlsFiles;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `control.tls`: admin keys cross the network encrypted, and nobody is answered in plaintext.
class ControlTlsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void theControlPlaneSpeaksTlsAndNothingElse() throws Exception {
        var certificates = new Certificates(folder);
        var server = certificates.server("localhost", "dns:localhost");
        var options = new ControlOptions(new Address("127.0.0.1", 0), false,
                Optional.of(new TlsFiles(server.cert(), server.key())), Set.of(), Optional.empty(),
                ControlOptions.BODY_BYTES_MAX,
                ControlOptions.REQUESTS_MAX);
        try (var plane = RunningControlPlane.start(options);
                var client = HttpClient.newBuilder().sslContext(certificates.trusting()).build();
                var stranger = HttpClient.newHttpClient()) {
            assertThat(get(client, "https", plane.port()).statusCode()).isEqualTo(200);
            assertThatThrownBy(() -> get(stranger, "https", plane.port())).as("a certificate nobody vouches for")
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> get(client, "http", plane.port())).as("plaintext").isInstanceOf(IOException.class);
        }
    }

    private static HttpResponse<String> get(HttpClient client, String scheme, int port) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(scheme + "://localhost:" + port + "/api/tenants"))
                .header("Authorization", "Bearer " + RunningControlPlane.ADMIN_KEY)
                .build(), HttpResponse.BodyHandlers.ofString());
    }
}
