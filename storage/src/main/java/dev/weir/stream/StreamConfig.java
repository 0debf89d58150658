package dev.weir.stream;

import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/// Where the topic is and how to reach it. Prints no client property: passwords may be among them. Immutable.
///
/// @param bootstrap `host:port`, several with commas between
/// @param topic holds the events; the dead letters are in the topic of that name and `.dead`
/// @param partitions of the topic where Weir has to make it; at most as many sinks work at a time
/// @param replication copies of each partition where Weir has to make the topic; 0 is the broker's own default
/// @param group the consumer group that all sinks of one database share
/// @param clientProperties of Kafka's clients (`security.protocol`, `sasl.jaas.config`, …); they win over Weir's own
public record StreamConfig(String bootstrap, String topic, int partitions, int replication, String group,
        Map<String, String> clientProperties) {
    public StreamConfig {
        if (bootstrap.isBlank() || topic.isBlank() || group.isBlank() || partitions < 1 || replication < 0) {
            throw new IllegalArgumentException(
                    "a stream has bootstrap servers, a topic, a group, and 1 partition or more");
        }
        clientProperties = Map.copyOf(clientProperties);
    }

    /// Where records go that cannot be stored.
    public String deadTopic() {
        return topic + ".dead";
    }

    /// What all clients share, `own` over it, the operator's over both.
    Properties properties(Map<String, Object> own) {
        var properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("metric.reporters", "");
        properties.put("enable.metrics.push", "false");
        properties.put("reconnect.backoff.max.ms", "2000");
        properties.putAll(own);
        properties.putAll(clientProperties);
        return properties;
    }

    @Override
    public String toString() {
        return topic + " at " + bootstrap + " (client properties " + new TreeMap<>(clientProperties).keySet() + ")";
    }
}
