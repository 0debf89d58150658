package dev.weir.stream;

import dev.weir.event.EventId;
import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/// What a sink has taken from a partition and not yet dealt with, in the order of the partition.
sealed interface Work {
    TopicPartition partition();

    /// Where the partition goes on after it.
    long nextOffset();

    /// How many records it is.
    int size();

    /// A record that says what it is.
    ///
    /// @param after the seq that it follows in its node's spool
    record Taken(ConsumerRecord<byte[], byte[]> message, KeptEvent kept, long after) {
        EventId id() {
            return kept.id();
        }

        /// Whether nothing is missing between the two.
        boolean follows(Taken last) {
            return id().node().equals(last.id().node()) && id().epoch() == last.id().epoch()
                    && id().seq() > last.id().seq() && after <= last.id().seq();
        }
    }

    /// Events of one node and epoch, rising, with nothing between them that is missing: what can be stored as one batch.
    record Run(TopicPartition partition, List<Taken> taken) implements Work {
        public Run {
            taken = List.copyOf(taken);
        }

        /// The seq that the first of them follows.
        long after() {
            return taken.getFirst().after();
        }

        Batch batch() {
            var first = taken.getFirst();
            return new Batch(first.id().node(), first.id().epoch(), after(),
                    taken.stream().map(Taken::kept).toList());
        }

        @Override
        public long nextOffset() {
            return taken.getLast().message().offset() + 1;
        }

        @Override
        public int size() {
            return taken.size();
        }

        Run part(int from, int to) {
            return new Run(partition, taken.subList(from, to));
        }
    }

    /// A record that cannot be read.
    record Unreadable(TopicPartition partition, ConsumerRecord<byte[], byte[]> message, String why) implements Work {
        @Override
        public long nextOffset() {
            return message.offset() + 1;
        }

        @Override
        public int size() {
            return 1;
        }
    }

    /// Cuts what a partition gave into pieces of work.
    static List<Work> of(TopicPartition partition, List<ConsumerRecord<byte[], byte[]>> messages, int batchMax) {
        var work = new ArrayList<Work>();
        var open = new ArrayList<Taken>();
        for (var message : messages) {
            try {
                var place = CloudEvents.place(message.headers());
                var next = new Taken(message, CloudEvents.read(message, place.id()), place.after());
                if (!open.isEmpty() && (open.size() >= batchMax || !next.follows(open.getLast()))) {
                    close(partition, open, work);
                }
                open.add(next);
            } catch (MalformedEventException wrong) {
                close(partition, open, work);
                work.add(new Unreadable(partition, message, String.valueOf(wrong.getMessage())));
            }
        }
        close(partition, open, work);
        return work;
    }

    private static void close(TopicPartition partition, List<Taken> open, List<Work> work) {
        if (!open.isEmpty()) {
            work.add(new Run(partition, open));
            open.clear();
        }
    }
}
