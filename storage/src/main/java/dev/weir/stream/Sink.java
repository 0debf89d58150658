package dev.weir.stream;

import dev.weir.event.EventId;
import dev.weir.spool.Batch;
import dev.weir.spool.StoreException;
import dev.weir.spool.UsageStore;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Stores what is in the topic: one member of the consumer group, with the same rule at its end as the direct way.
///
/// [#run] is the loop for one thread. What a poll gives is cut into batches of one node and epoch; each is stored, and only then
/// are offsets committed, so that whatever happens in between is delivered again, and changes nothing. While the database does
/// not answer, the partitions are paused and polled on, so that this member keeps them; it tries again with a jittered backoff.
///
/// **In order.** A batch is stored if everything up to the seq that it follows is stored (see [CloudEvents]); then PostgreSQL has
/// of each node's epoch exactly what is up to the watermark, as the shipper and the start of a node rely on. What follows
/// something that is missing (the topic lost it, the database was restored from a backup) is passed over and counted: the shipper
/// begins again at the watermark, and it comes a second time, in order.
///
/// **Poison.** A record that cannot be read, and one that a healthy database refuses for a reason of its own, go to the
/// dead-letter topic, are counted, and are passed. A batch that is refused is halved until the one is found. What refuses is
/// asked for the watermark first where it failed in a way nobody foresaw: a database that is away refuses nothing.
///
/// The group is a classic one with the cooperative assignor: every broker since 2.4 has it, and only what must move, moves.
/// `group.protocol: consumer` among the client properties takes the newer one.
public final class Sink implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Sink.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long POLL_AGAIN_NANOS = Duration.ofSeconds(1).toNanos();
    private static final Duration COMMIT_MAX = Duration.ofSeconds(10);
    private static final Duration CLOSE_MAX = Duration.ofSeconds(5);
    private static final int BATCH_MIN = 100;
    private static final int BATCH_MAX = 1_000;
    private static final long SLOW_NANOS = Duration.ofMillis(250).toNanos();
    private static final long BACKOFF_FIRST_NANOS = Duration.ofMillis(100).toNanos();
    private static final long BACKOFF_MAX_NANOS = Duration.ofSeconds(10).toNanos();
    private static final String PROTOCOL = "group.protocol";
    /// What belongs to the classic protocol; the other one refuses it.
    private static final Map<String, Object> CLASSIC = Map.of("partition.assignment.strategy",
            "org.apache.kafka.clients.consumer.CooperativeStickyAssignor", "session.timeout.ms", "15000",
            "heartbeat.interval.ms", "5000");

    private record Start(String node, long epoch) {}

    private final StreamConfig config;
    private final UsageStore store;

    // The sink's thread.
    private final Deque<Work> work = new ArrayDeque<>();
    private final Map<TopicPartition, OffsetAndMetadata> dealtWith = new HashMap<>();
    /// Up to where each epoch is stored or in the dead letters, as far as this member knows; asked anew when others may have
    /// stored meanwhile.
    private final Map<Start, Long> reached = new HashMap<>();
    private final Set<Start> told = new HashSet<>();
    private int batchSize = BATCH_MIN;
    private int failures;
    private long againNanos;
    private long polledNanos;

    // Written by the sink's thread, read by any.
    private final AtomicLongArray deadLetters = new AtomicLongArray(Poison.values().length);
    private volatile long storedEvents;
    private volatile long passedOver;
    private volatile long failedSteps;
    private volatile long behind;
    private volatile int partitions;
    private volatile boolean connected;
    private volatile @Nullable String lastError;
    // Written by any thread.
    private volatile boolean stopping;
    private volatile @Nullable Thread runner;

    /// @param store takes batches in one transaction each; its calls may wait
    public Sink(StreamConfig config, UsageStore store) {
        this.config = config;
        this.store = store;
    }

    /// Stores until [#stop].
    @Override
    public void run() {
        runner = Thread.currentThread();
        while (!stopping) {
            try {
                session();
            } catch (KafkaException failed) {
                forget();
                LockSupport.parkNanos(failed("Kafka at " + config.bootstrap() + ": " + failed.getMessage()));
            } catch (RuntimeException unforeseen) {
                forget();
                LockSupport.parkNanos(failed("the sink failed in a way nobody foresaw: " + unforeseen));
            }
        }
    }

    /// Asks the loop to end: the batch being stored is finished, its offsets are committed, the group is left.
    public void stop() {
        stopping = true;
        LockSupport.unpark(runner);
    }

    /// From joining the group to leaving it.
    private void session() {
        Optional<String> problem = Topics.ensure(config);
        if (problem.isPresent()) {
            throw new KafkaException(problem.get());
        }
        var consumer = new KafkaConsumer<>(properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        try (var letters = new DeadLetters(config)) {
            consumer.subscribe(List.of(config.topic()), new Assignment(consumer));
            while (!stopping) {
                round(consumer, letters);
            }
            commit(consumer);
        } finally {
            partitions = 0;
            connected = false;
            consumer.close(CloseOptions.timeout(CLOSE_MAX));
        }
    }

    private void round(Consumer<byte[], byte[]> consumer, DeadLetters letters) {
        if (work.isEmpty() || failures > 0 || System.nanoTime() - polledNanos > POLL_AGAIN_NANOS) {
            poll(consumer);
        }
        if (!work.isEmpty() && System.nanoTime() - againNanos >= 0) {
            step(letters);
        }
        if (work.isEmpty()) {
            commit(consumer);
        }
    }

    /// Takes more where there is nothing to do; else only tells the group that this member lives.
    private void poll(Consumer<byte[], byte[]> consumer) {
        boolean busy = !work.isEmpty();
        if (busy) {
            consumer.pause(consumer.assignment());
        } else {
            consumer.resume(consumer.paused());
        }
        take(consumer.poll(busy && failures == 0 ? Duration.ZERO : POLL));
        polledNanos = System.nanoTime();
        var assigned = consumer.assignment();
        partitions = assigned.size();
        connected = isConnected(consumer);
        behind = assigned.stream().mapToLong(partition -> consumer.currentLag(partition).orElse(0)).sum()
                + work.stream().mapToInt(Work::size).sum();
    }

    private static boolean isConnected(Consumer<byte[], byte[]> consumer) {
        return consumer.metrics()
                .values()
                .stream()
                .filter(metric -> metric.metricName().name().equals("connection-count"))
                .anyMatch(metric -> metric.metricValue() instanceof Double count && count > 0);
    }

    private void take(ConsumerRecords<byte[], byte[]> records) {
        for (TopicPartition partition : records.partitions()) {
            work.addAll(Work.of(partition, records.records(partition), batchSize));
        }
    }

    /// One batch, or one attempt at it.
    private void step(DeadLetters letters) {
        try {
            switch (work.element()) {
                case Work.Run run -> store(run, letters);
                case Work.Unreadable(TopicPartition _, var message, String why) -> {
                    bury(message, Poison.UNREADABLE, why, letters);
                    done();
                }
            }
            failures = 0;
            lastError = null;
        } catch (StoreException failed) {
            reached.clear();
            againNanos = System.nanoTime() + failed((failed.isCommitUnknown()
                    ? "it is unknown whether a batch was stored: "
                    : "a batch was not stored: ") + failed.getMessage());
        } catch (KafkaException failed) {
            againNanos = System.nanoTime() + failed(String.valueOf(failed.getMessage()));
        }
    }

    private void store(Work.Run run, DeadLetters letters) throws StoreException {
        var batch = run.batch();
        var start = new Start(batch.node(), batch.epoch());
        if (!isNext(start, run.after())) {
            passOver(run, start);
            return;
        }
        long begun = System.nanoTime();
        try {
            store.store(batch);
        } catch (StoreException failed) {
            if (!failed.isRefused()) {
                throw failed;
            }
            refused(run, String.valueOf(failed.getMessage()), letters);
            return;
        } catch (RuntimeException unforeseen) {
            store.watermark(batch.node(), batch.epoch());
            refused(run, unforeseen.toString(), letters);
            return;
        }
        adapt(System.nanoTime() - begun, batch.size());
        reached.merge(start, batch.lastSeq(), Math::max);
        told.remove(start);
        storedEvents = storedEvents + batch.size();
        done();
    }

    private void adapt(long took, int size) {
        if (took > SLOW_NANOS) {
            batchSize = Math.max(BATCH_MIN, batchSize / 2);
        } else if (size == batchSize) {
            batchSize = Math.min(BATCH_MAX, batchSize * 2);
        }
    }

    /// Whether all is stored that comes before.
    private boolean isNext(Start start, long after) throws StoreException {
        Long known = reached.get(start);
        if (known == null || known < after) {
            long watermark = store.watermark(start.node, start.epoch);
            known = known == null ? watermark : Math.max(known, watermark);
            reached.put(start, known);
        }
        return after <= known;
    }

    private void passOver(Work.Run run, Start start) {
        if (told.add(start)) {
            LOG.warn("{} follows seq {}, and only what is up to {} is stored: passed over until {} sends it again",
                    run.taken().getFirst().id(), run.after(), reached.get(start), start.node);
        }
        passedOver = passedOver + run.size();
        done();
    }

    /// Halves the batch until the one that is refused stands alone.
    private void refused(Work.Run run, String why, DeadLetters letters) throws StoreException {
        int size = run.size();
        if (size > 1) {
            work.remove();
            work.addFirst(run.part(size / 2, size));
            work.addFirst(run.part(0, size / 2));
            return;
        }
        bury(run.taken().getFirst().message(), Poison.REFUSED, why, letters);
        done();
    }

    private void bury(ConsumerRecord<byte[], byte[]> message, Poison kind, String why, DeadLetters letters)
            throws StoreException {
        Optional<CloudEvents.Place> place = nextPlace(message);
        letters.send(message, kind, why);
        if (deadLetters.getAndIncrement(kind.ordinal()) == 0) {
            LOG.warn("a record is {} and went to {} (partition {}, offset {}): {}; the next ones are only counted",
                    kind.id(), config.deadTopic(), message.partition(), message.offset(), why);
        }
        if (place.isPresent()) {
            nameGap(place.get());
        }
    }

    /// The database learns that the event will not come, or its node would send it again and again where nothing follows it.
    private void nameGap(CloudEvents.Place place) throws StoreException {
        EventId id = place.id();
        store.store(new Batch(id.node(), id.epoch(), place.after(), id.seq(), List.of()));
        reached.merge(new Start(id.node(), id.epoch()), id.seq(), Math::max);
    }

    /// Which event it was, where it says so and all before it is stored.
    private Optional<CloudEvents.Place> nextPlace(ConsumerRecord<byte[], byte[]> message) throws StoreException {
        try {
            var place = CloudEvents.place(message.headers());
            var start = new Start(place.id().node(), place.id().epoch());
            return isNext(start, place.after()) ? Optional.of(place) : Optional.empty();
        } catch (MalformedEventException nobodys) {
            LOG.debug("A dead letter that names no event", nobodys);
            return Optional.empty();
        }
    }

    private void done() {
        var finished = work.remove();
        dealtWith.put(finished.partition(), new OffsetAndMetadata(finished.nextOffset()));
    }

    /// After the database has committed; where it fails, the same is delivered again.
    private void commit(Consumer<byte[], byte[]> consumer) {
        if (dealtWith.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(Map.copyOf(dealtWith), COMMIT_MAX);
            dealtWith.clear();
        } catch (KafkaException notCommitted) {
            LOG.debug("Offsets were not committed; the events are delivered again, and change nothing", notCommitted);
        }
    }

    private long failed(String why) {
        if (!why.equals(lastError)) {
            LOG.warn("{}; trying again", why);
        }
        lastError = why;
        failedSteps = failedSteps + 1;
        batchSize = Math.max(BATCH_MIN, batchSize / 2);
        long backoff = Math.min(BACKOFF_MAX_NANOS, BACKOFF_FIRST_NANOS << Math.min(failures, 20));
        failures++;
        return backoff / 2 + ThreadLocalRandom.current().nextLong(backoff / 2 + 1);
    }

    private void forget() {
        work.clear();
        dealtWith.clear();
        reached.clear();
    }

    private Properties properties() {
        var own = new HashMap<String, Object>();
        own.put("client.id", "weir-sink");
        own.put("group.id", config.group());
        own.put("enable.auto.commit", "false");
        own.put("auto.offset.reset", "earliest");
        own.put("allow.auto.create.topics", "false");
        own.put("max.poll.records", Integer.toString(BATCH_MAX));
        own.put("fetch.max.bytes", "16777216");
        if (!"consumer".equals(config.clientProperties().get(PROTOCOL))) {
            own.putAll(CLASSIC);
        }
        return config.properties(own);
    }

    /// What is taken away is forgotten: its next owner is given what was not committed.
    private final class Assignment implements ConsumerRebalanceListener {
        private final Consumer<byte[], byte[]> consumer;

        Assignment(Consumer<byte[], byte[]> consumer) {
            this.consumer = consumer;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> taken) {
            commit(consumer);
            drop(taken);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> lost) {
            drop(lost);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> given) {
            reached.clear();
        }

        private void drop(Collection<TopicPartition> gone) {
            work.removeIf(piece -> gone.contains(piece.partition()));
            dealtWith.keySet().removeAll(gone);
            reached.clear();
        }
    }

    /// Events stored since the start, repeats included.
    public long storedEvents() {
        return storedEvents;
    }

    /// Events passed over because something before them is missing; their node sends them again.
    public long passedOver() {
        return passedOver;
    }

    /// Records that went to the dead-letter topic since the start.
    public long deadLetters(Poison kind) {
        return deadLetters.get(kind.ordinal());
    }

    /// Steps that failed since the start; each was tried again.
    public long failedSteps() {
        return failedSteps;
    }

    /// Records in this member's partitions that are not dealt with yet, as of the last poll.
    public long behind() {
        return behind;
    }

    /// Partitions that this member has.
    public int partitions() {
        return partitions;
    }

    /// Whether a broker is connected.
    public boolean isConnected() {
        return connected;
    }

    /// Why the last step failed, null where it did not.
    public @Nullable String lastError() {
        return lastError;
    }
}
