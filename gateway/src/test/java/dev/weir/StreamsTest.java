package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ConfigSource;
import dev.weir.config.GatewayConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the configuration says of Kafka, in the words of its clients.
class StreamsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void withoutSecurityNothingIsAsked() {
        assertThat(Streams.of(config("bootstrap: \"a:1,b:2\"")).clientProperties())
                .isEqualTo(Map.of("security.protocol", "PLAINTEXT"));
    }

    @Test
    void aUserOverTlsIsToldAsKafkaWantsIt() {
        var stream = Streams.of(config("bootstrap: \"a:1\", tls: true, tls-ca: ca.pem, user: weir,"
                + " password: 'pass\"word', mechanism: plain"));
        assertThat(stream.clientProperties()).containsEntry("security.protocol", "SASL_SSL")
                .containsEntry("sasl.mechanism", "PLAIN")
                .containsEntry("ssl.truststore.type", "PEM")
                .containsEntry("ssl.truststore.location", folder.resolve("ca.pem").toString())
                .containsEntry("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required"
                        + " username=\"weir\" password=\"pass\\\"word\";");
        assertThat(stream.toString()).doesNotContain("pass").contains("sasl.jaas.config");
    }

    @Test
    void theClientsFileWinsOverTheKeys() throws Exception {
        Files.writeString(folder.resolve("client.properties"), "security.protocol=SSL\nssl.keystore.type=PEM\n");
        assertThat(Streams.of(config("bootstrap: \"a:1\", client-file: client.properties")).clientProperties())
                .isEqualTo(Map.of("security.protocol", "SSL", "ssl.keystore.type", "PEM"));
    }

    @Test
    void theClientsFileCannotTakeBackWhatPromisesRestOn() throws Exception {
        Files.writeString(folder.resolve("client.properties"), "acks=1\nenable.auto.commit=true\n");
        var config = config("bootstrap: \"a:1\", client-file: client.properties");
        assertThatThrownBy(() -> Streams.of(config)).isInstanceOf(StartFailure.class)
                .hasMessageContaining("sets acks, enable.auto.commit, which Weir sets itself. Take them out.");
    }

    @Test
    void withoutBrokersItSaysWhatToWrite() {
        assertThatThrownBy(() -> Streams.of(config("topic: usage"))).isInstanceOf(StartFailure.class)
                .hasMessageContaining("bootstrap: HOST:PORT under kafka, or set WEIR_KAFKA_BOOTSTRAP");
    }

    private GatewayConfig config(String kafka) {
        var source = new ConfigSource("test.yaml", "kafka: {" + kafka + "}\n", folder);
        return switch (ConfigReader.read(source, Map.of(), Map.of())) {
            case ConfigResult.Loaded loaded -> loaded.config();
            case ConfigResult.Refused refused -> throw new AssertionError(refused.problems().toString());
        };
    }
}
