package dev.weir.stream;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The topic and its dead letters: made where they are not there yet.
final class Topics {
    private static final Logger LOG = LoggerFactory.getLogger(Topics.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int TIMEOUT_MILLIS = 10_000;

    private Topics() {}

    /// @return why it is not done, with what to do; empty when both topics are there
    static Optional<String> ensure(StreamConfig config) {
        try (Admin admin = Admin.create(config.properties(
                Map.of("request.timeout.ms", TIMEOUT_MILLIS / 2, "default.api.timeout.ms", TIMEOUT_MILLIS)))) {
            Set<String> there = admin.listTopics().names().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            make(admin, config, config.topic(), config.partitions(), there);
            make(admin, config, config.deadTopic(), 1, there);
            return Optional.empty();
        } catch (ExecutionException | TimeoutException | KafkaException failed) {
            Throwable cause = failed.getCause() == null ? failed : failed.getCause();
            return Optional.of("Kafka at " + config.bootstrap() + " was asked for the topic " + config.topic() + ": "
                    + (cause.getMessage() == null ? cause.toString() : cause.getMessage())
                    + ". Check kafka.bootstrap and kafka.client, and where Weir may not make topics, make "
                    + config.topic()
                    + " with " + config.partitions() + " partitions and " + config.deadTopic() + " with 1.");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return Optional.of("interrupted while asking for the topic " + config.topic());
        }
    }

    private static void make(Admin admin, StreamConfig config, String topic, int partitions, Set<String> there)
            throws ExecutionException, InterruptedException, TimeoutException {
        if (there.contains(topic)) {
            return;
        }
        Optional<Short> copies = config.replication() == 0
                ? Optional.empty()
                : Optional.of((short) config.replication());
        try {
            admin.createTopics(List.of(new NewTopic(topic, Optional.of(partitions), copies)))
                    .all()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            LOG.info("made the topic {} with {} partitions", topic, partitions);
        } catch (ExecutionException refused) {
            if (!(refused.getCause() instanceof TopicExistsException)) {
                throw refused;
            }
        }
    }
}
