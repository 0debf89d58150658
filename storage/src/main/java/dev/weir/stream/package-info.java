/// The way from the spool into PostgreSQL through Kafka.
///
/// - **is** the topic's records (CloudEvents), the `TopicWriter` that the shipper hands batches to, and the `Sink` that stores
///   them
/// - **is not** the store of record: what is in a topic is on its way, and the spool keeps it until PostgreSQL has it
/// - **owns** the topic, its dead-letter topic beside it, and the consumer group
/// - **promises** at-least-once in the order of each node's events (G4.3); exactly once is `postgres`'s promise, and the same
///   one for both ways
/// - **may import** `spool`, `event` and the values inside it
///
/// Everything here blocks and belongs on threads of its own, never on an event loop.
@NullMarked
package dev.weir.stream;

import org.jspecify.annotations.NullMarked;
