package dev.weir;

import dev.weir.config.GatewayConfig;
import dev.weir.config.GatewayConfig.Kafka.Mechanism;
import dev.weir.config.Secret;
import dev.weir.stream.StreamConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;

/// What the configuration says of Kafka, as its clients take it.
final class Streams {
    /// What promises rest on, or what has a key of its own.
    private static final Set<String> OURS = Set.of("bootstrap.servers", "acks", "enable.idempotence", "group.id",
            "enable.auto.commit", "auto.offset.reset", "key.serializer", "value.serializer", "key.deserializer",
            "value.deserializer", "transactional.id");

    private Streams() {}

    /// @throws StartFailure where the brokers are not named, or the file of client properties is not fit
    static StreamConfig of(GatewayConfig config) {
        var kafka = config.kafka();
        String bootstrap = kafka.bootstrap()
                .orElseThrow(
                        () -> new StartFailure("kafka.bootstrap is missing: nobody says where the brokers are. Write"
                                + " bootstrap: HOST:PORT under kafka, or set WEIR_KAFKA_BOOTSTRAP."));
        Map<String, String> properties = new HashMap<>(security(kafka));
        kafka.clientFile().ifPresent(file -> properties.putAll(read(file)));
        return new StreamConfig(bootstrap, kafka.topic(), kafka.partitions(), kafka.replication(), kafka.group(),
                properties);
    }

    private static Map<String, String> security(GatewayConfig.Kafka kafka) {
        Map<String, String> properties = new HashMap<>();
        boolean sasl = kafka.user().isPresent() && kafka.password().isPresent();
        properties.put("security.protocol", (sasl ? "SASL_" : "") + (kafka.tls() ? "SSL" : "PLAINTEXT"));
        kafka.tlsCa().ifPresent(authorities -> {
            properties.put("ssl.truststore.type", "PEM");
            properties.put("ssl.truststore.location", authorities.toString());
        });
        if (sasl) {
            properties.put("sasl.mechanism", kafka.mechanism().toString().toUpperCase(Locale.ROOT));
            properties.put("sasl.jaas.config",
                    login(kafka.mechanism(), kafka.user().orElseThrow(), kafka.password().orElseThrow()));
        }
        return properties;
    }

    private static String login(Mechanism mechanism, String user, Secret password) {
        String module = switch (mechanism) {
            case PLAIN -> "plain.PlainLoginModule";
            case SCRAM_SHA_256, SCRAM_SHA_512 -> "scram.ScramLoginModule";
        };
        return "org.apache.kafka.common.security." + module + " required username=" + quoted(user) + " password="
                + quoted(password.reveal()) + ";";
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private static Map<String, String> read(Path file) {
        var properties = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException unreadable) {
            throw new StartFailure("kafka.client-file " + file + " cannot be read: " + unreadable.getMessage()
                    + ". It holds lines of NAME=VALUE.", unreadable);
        }
        Map<String, String> read = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> read.put(name, properties.getProperty(name)));
        var ours = new TreeSet<>(read.keySet());
        ours.retainAll(OURS);
        if (!ours.isEmpty()) {
            throw new StartFailure("kafka.client-file " + file + " sets " + String.join(", ", ours)
                    + ", which Weir sets itself. Take " + (ours.size() == 1 ? "it" : "them") + " out.");
        }
        return read;
    }
}
