package dev.weir.stream;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/// Records that cannot be stored, as they came and with why: key, value and headers unchanged, and headers `weir_…` behind them.
/// The sink's thread.
final class DeadLetters implements AutoCloseable {
    private static final Duration CLOSE_MAX = Duration.ofSeconds(5);
    private static final int EXPLANATION_MAX = 500;
    private static final Map<String, Object> PRODUCER = Map.of("client.id", "weir-sink-dead-letters", "acks", "all",
            "enable.idempotence", "true", "compression.type", "lz4", "max.request.size", "2097152", "max.block.ms",
            "10000", "request.timeout.ms", "10000", "delivery.timeout.ms", "20000");

    private final StreamConfig config;
    private @Nullable KafkaProducer<byte[], byte[]> producer;

    DeadLetters(StreamConfig config) {
        this.config = config;
    }

    /// Returns when the letter is kept.
    ///
    /// @throws KafkaException if it is not; to be tried again
    void send(ConsumerRecord<byte[], byte[]> poison, Poison kind, String explanation) {
        var letter = new ProducerRecord<>(config.deadTopic(), null, poison.key(), poison.value(), poison.headers());
        letter.headers()
                .add("weir_reason", CloudEvents.bytes(kind.id()))
                .add("weir_explanation", CloudEvents.bytes(explanation.length() > EXPLANATION_MAX
                        ? explanation.substring(0, EXPLANATION_MAX)
                        : explanation))
                .add("weir_topic", CloudEvents.bytes(poison.topic()))
                .add("weir_partition", CloudEvents.bytes(Integer.toString(poison.partition())))
                .add("weir_offset", CloudEvents.bytes(Long.toString(poison.offset())));
        try {
            open().send(letter).get();
        } catch (ExecutionException failed) {
            close();
            throw new KafkaException("the dead letter was not taken: " + failed.getCause(), failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new InterruptException(stopped);
        }
    }

    private KafkaProducer<byte[], byte[]> open() {
        var current = producer;
        if (current == null) {
            current = new KafkaProducer<>(config.properties(PRODUCER), new ByteArraySerializer(),
                    new ByteArraySerializer());
            producer = current;
        }
        return current;
    }

    @Override
    public void close() {
        var current = producer;
        producer = null;
        if (current != null) {
            current.close(CLOSE_MAX);
        }
    }
}
