package dev.weir.stream;

import dev.weir.event.EventId;
import dev.weir.spool.KeptEvent;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/// Events as records: CloudEvents 1.0 in the binary mode of its Kafka binding (attributes in headers `ce_…`, the data alone in
/// the value), cloudevents/spec `kafka-protocol-binding.md` 1.0.2, read on 2026-11-25.
///
/// | header | value |
/// | --- | --- |
/// | `ce_specversion` | `1.0` |
/// | `ce_id` | `node-epoch-seq` |
/// | `ce_source` | `/weir/nodes/NODE` |
/// | `ce_type` | `dev.weir.usage.v1` |
/// | `ce_time` | the moment of admission |
/// | `ce_subject` | the tenant, where one was recognised |
/// | `ce_after` | the seq of the event before this one in the node's spool, an extension |
/// | `content-type` | `application/json` |
///
/// The key is the node. All events of a node so lie in one partition, in the order of their seq, and one sink at a time stores
/// them in that order: only then one number says what of a node is stored. A key by tenant would spread a node's events over all
/// partitions, and each would need a watermark of its own for each node.
final class CloudEvents {
    static final String TYPE = "dev.weir.usage.v1";
    private static final String ID = "ce_id";
    private static final String AFTER = "ce_after";
    private static final Pattern ID_FORM = Pattern.compile("(.+)-([0-9]{1,18})-([0-9]{1,18})");

    private CloudEvents() {}

    /// What a record says of itself without its value.
    ///
    /// @param after the seq that it follows
    record Place(EventId id, long after) {}

    static ProducerRecord<byte[], byte[]> write(String topic, KeptEvent kept, long after) {
        var event = kept.event();
        var id = kept.id();
        var message = new ProducerRecord<>(topic, bytes(id.node()), EventJson.encode(event));
        var headers = message.headers()
                .add("ce_specversion", bytes("1.0"))
                .add(ID, bytes(id.toString()))
                .add("ce_source", bytes("/weir/nodes/" + id.node()))
                .add("ce_type", bytes(TYPE))
                .add("ce_time", bytes(event.time().toString()))
                .add(AFTER, bytes(Long.toString(after)))
                .add("content-type", bytes("application/json"));
        if (event.tenant() != null) {
            headers.add("ce_subject", bytes(event.tenant().value()));
        }
        return message;
    }

    /// @throws MalformedEventException if the headers do not say whose it is
    static Place place(Headers headers) throws MalformedEventException {
        String text = header(headers, ID);
        String after = header(headers, AFTER);
        Matcher form = ID_FORM.matcher(text == null ? "" : text);
        if (!form.matches()) {
            throw new MalformedEventException("the header " + ID + " is no event's id");
        }
        try {
            var id = new EventId(form.group(1), Long.parseLong(form.group(2)), Long.parseLong(form.group(3)));
            long follows = after == null ? id.seq() - 1 : Long.parseLong(after);
            if (follows < 0 || follows >= id.seq()) {
                throw new MalformedEventException("the header " + AFTER + " is not below the event's seq");
            }
            return new Place(id, follows);
        } catch (IllegalArgumentException wrong) {
            throw new MalformedEventException("the headers " + ID + " and " + AFTER + " are no numbers of an event",
                    wrong);
        }
    }

    /// @throws MalformedEventException if it is another type of event, or its value is none
    static KeptEvent read(ConsumerRecord<byte[], byte[]> message, EventId id) throws MalformedEventException {
        String type = header(message.headers(), "ce_type");
        if (!TYPE.equals(type)) {
            throw new MalformedEventException("the header ce_type is '" + type + "' and not '" + TYPE + "'");
        }
        if (message.value() == null) {
            throw new MalformedEventException("the record has no value");
        }
        return new KeptEvent(id, EventJson.decode(message.value()));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static @Nullable String header(Headers headers, String name) {
        var header = headers.lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }
}
