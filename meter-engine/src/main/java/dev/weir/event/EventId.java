package dev.weir.event;

/// The identity of an event: which node, which of its starts, the how-manieth event since that start.
///
/// @param node the node's configured or generated name
/// @param epoch 1 or more; rises at each start of the node
/// @param seq 1 or more; gapless within an epoch; numbers events only, given when the event is kept
public record EventId(String node, long epoch, long seq) {
    public EventId {
        if (node.isEmpty() || epoch < 1 || seq < 1) {
            throw new IllegalArgumentException(
                    "an event id is a node, an epoch and a seq of 1 or more, not " + node + "-" + epoch
                            + "-" + seq);
        }
    }

    /// `node-epoch-seq`, the id in APIs and CloudEvents.
    @Override
    public String toString() {
        return node + "-" + epoch + "-" + seq;
    }
}
