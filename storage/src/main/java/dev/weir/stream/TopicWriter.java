package dev.weir.stream;

import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import dev.weir.spool.StoreException;
import dev.weir.spool.UsageStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/// Hands batches to the topic, and says what PostgreSQL has of them.
///
/// A batch is taken when every record of it is acknowledged by all in-sync replicas; after any failure the producer is given up
/// and the batch is sent again by a new one, so that a record may be in the topic twice, or out of order behind a failure. The
/// [Sink] stores in order and each once, and nothing counts as stored before the database says so: this way can lose nothing,
/// because the spool keeps what it was not told to be stored.
///
/// The shipper's thread; calls block, bounded by the producer's `max.block.ms` and `delivery.timeout.ms`. Nothing is asked of
/// Kafka before the first batch.
public final class TopicWriter implements UsageStore, AutoCloseable {
    private static final Duration CLOSE_MAX = Duration.ofSeconds(5);
    private static final int MEMORY_BYTES = 32 << 20;
    private static final Map<String, Object> PRODUCER = Map.ofEntries(
            Map.entry("client.id", "weir-shipper"),
            Map.entry("acks", "all"),
            Map.entry("enable.idempotence", "true"),
            Map.entry("compression.type", "lz4"),
            Map.entry("max.in.flight.requests.per.connection", "5"),
            Map.entry("linger.ms", "5"),
            Map.entry("batch.size", "131072"),
            Map.entry("buffer.memory", Integer.toString(MEMORY_BYTES)),
            Map.entry("max.request.size", "1048576"),
            Map.entry("max.block.ms", "10000"),
            Map.entry("request.timeout.ms", "10000"),
            Map.entry("delivery.timeout.ms", "20000"));

    private record Start(String node, long epoch) {}

    private final StreamConfig config;
    private final UsageStore database;
    // The shipper's thread.
    private final Map<Start, Long> looked = new HashMap<>();
    private @Nullable KafkaProducer<byte[], byte[]> producer;
    private boolean topicsThere;

    /// @param database asked for watermarks, and told of epochs that lost their ends
    public TopicWriter(StreamConfig config, UsageStore database) {
        this.config = config;
        this.database = database;
    }

    @Override
    public long store(Batch batch) throws StoreException {
        if (batch.events().isEmpty()) {
            return storeEnd(batch);
        }
        try {
            send(batch, open());
        } catch (ExecutionException failed) {
            throw giveUp(failed.getCause() == null ? failed : failed.getCause());
        } catch (KafkaException failed) {
            throw giveUp(failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw giveUp(stopped);
        }
        return looked.getOrDefault(new Start(batch.node(), batch.epoch()), 0L);
    }

    /// That an epoch has lost its last events is no event: the database is told itself, once it has all before. Until then the
    /// shipper comes again.
    private long storeEnd(Batch batch) throws StoreException {
        long stored = watermark(batch.node(), batch.epoch());
        return stored >= batch.after() ? database.store(batch) : stored;
    }

    @Override
    public long watermark(String node, long epoch) throws StoreException {
        long seq = database.watermark(node, epoch);
        looked.put(new Start(node, epoch), seq);
        return seq;
    }

    private void send(Batch batch, KafkaProducer<byte[], byte[]> to) throws ExecutionException, InterruptedException {
        List<Future<RecordMetadata>> sent = new ArrayList<>(batch.size());
        long after = batch.after();
        for (KeptEvent kept : batch.events()) {
            Future<RecordMetadata> one = to.send(CloudEvents.write(config.topic(), kept, after));
            if (one.isDone()) {
                // Where no broker says who leads, each record would wait its ten seconds for that, one after the other.
                one.get();
            }
            sent.add(one);
            after = kept.id().seq();
        }
        to.flush();
        for (Future<RecordMetadata> one : sent) {
            one.get();
        }
    }

    private KafkaProducer<byte[], byte[]> open() throws StoreException {
        if (!topicsThere) {
            Optional<String> problem = Topics.ensure(config);
            if (problem.isPresent()) {
                throw StoreException.notStored(problem.get(), null);
            }
            topicsThere = true;
        }
        var current = producer;
        if (current == null) {
            current = new KafkaProducer<>(config.properties(PRODUCER), new ByteArraySerializer(),
                    new ByteArraySerializer());
            producer = current;
        }
        return current;
    }

    /// What was in flight may still arrive; it is sent again all the same.
    private StoreException giveUp(Throwable cause) {
        close(Duration.ZERO);
        topicsThere = false;
        return StoreException.commitUnknown(
                "Kafka at " + config.bootstrap() + " did not take it: " + cause.getMessage(),
                cause);
    }

    private void close(Duration atMost) {
        var current = producer;
        producer = null;
        if (current != null) {
            try {
                current.close(atMost);
            } catch (InterruptException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// After the shipper has ended.
    @Override
    public void close() {
        close(CLOSE_MAX);
    }
}
