package dev.weir.telemetry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Every metric family of Weir's own: name, kind, unit, labels and help. `docs/metrics.md` lists the same.
///
/// Names follow the Prometheus conventions: base units, `_total` on counters, the unit last.
enum Family {
    BUILD("weir_build_info", "weir.build.info", Kind.GAUGE, null,
            "Always 1; the labels say which version of Weir and which Java run here.", "version",
            "java"),
    CALLS("weir_calls_total", "weir.calls", Kind.COUNTER, null,
            "Client requests that ended, by attempt or by refusal.",
            "route"),
    CALLS_IN_FLIGHT("weir_calls_in_flight", "weir.calls.in.flight", Kind.GAUGE, null,
            "Client requests that have begun and not ended."),
    RESERVATIONS_OPEN("weir_reservations_open", "weir.reservations.open", Kind.GAUGE, null,
            "Calls that hold a reservation: those in flight that were admitted, those whose usage is awaited, and those whose"
                    + " end could not be kept yet."),
    RESERVATIONS_AWAITING("weir_reservations_awaiting_usage", "weir.reservations.awaiting.usage", Kind.GAUGE, null,
            "Those of them that have ended and whose usage the provider tells later."),
    COUNTERS_RESERVED("weir_counters_reserved", "weir.counters.reserved", Kind.GAUGE, null,
            "Counters of which something is reserved; 0 whenever no reservation is open."),
    ATTEMPTS("weir_attempts_total",
            "weir.attempts", Kind.COUNTER, null,
            "Upstream requests that ended, by outcome.", "route", "provider",
            "outcome"),
    RETRIES("weir_retries_total", "weir.retries", Kind.COUNTER, null,
            "Attempts that Weir made again for the same call.",
            "route"),
    CLIENT_RETRIES("weir_client_retries_total", "weir.client.retries",
            Kind.COUNTER, null,
            "Calls that a client's SDK declared to be a retry.",
            "route"),
    RATE_LIMIT_ANSWERS("weir_rate_limit_answers_total",
            "weir.rate.limit.answers", Kind.COUNTER, null,
            "Attempts that an upstream answered with status 429.",
            "route", "provider"),
    BLOCKS("weir_blocks_total",
            "weir.blocks", Kind.COUNTER, null,
            "Calls refused by a limit, a plan or a budget, by the code the client saw.",
            "route", "code"),
    REFUSALS("weir_refusals_total",
            "weir.refusals", Kind.COUNTER, null,
            "Calls refused for another reason, by the code the client saw.",
            "route", "code"),
    HEAD_REFUSALS(
            "weir_head_refusals_total",
            "weir.head.refusals", Kind.COUNTER,
            null,
            "Request heads refused before routing, by reason.",
            "reason"),
    CONNECTIONS("weir_connections", "weir.connections", Kind.GAUGE, null,
            "Client connections of the data plane that are open."),
    CONNECTIONS_REFUSED("weir_connections_refused_total", "weir.connections.refused", Kind.COUNTER, null,
            "Client connections closed when they were opened, by the limit that was reached: total or address.",
            "limit"),
    TOKENS(
            "weir_tokens_total",
            "weir.tokens", Kind.COUNTER,
            null,
            "Tokens metered. tokens_in includes cached and tokens_out includes reasoning; the other kinds are parts of these.",
            "route", "provider",
            "model", "kind"),
    PAYLOAD(
            "weir_payload_bytes_total",
            "weir.payload",
            Kind.COUNTER,
            "bytes",
            "Payload bytes by edge: client_in, upstream_out, upstream_in, client_out.",
            "route",
            "edge"),
    COST(
            "weir_cost_usd_total",
            "weir.cost",
            Kind.COUNTER,
            "usd",
            "Cost at list price in US dollars, for watching trends. The exact amounts are in the events.",
            "route",
            "provider",
            "model"),
    UNPRICED(
            "weir_events_unpriced_total",
            "weir.events.unpriced",
            Kind.COUNTER,
            null,
            "Events without a cost because the price book has no price for the model.",
            "route",
            "provider",
            "model"),
    FLAGGED(
            "weir_events_flagged_total",
            "weir.events.flagged",
            Kind.COUNTER,
            null,
            "Events with an oddity that an operator should look at, by flag.",
            "route",
            "flag"),
    ATTEMPT_LATENCY(
            "weir_attempt_latency_seconds",
            "weir.attempt.latency",
            Kind.HISTOGRAM,
            "seconds",
            "From the request's head to the end of the attempt.",
            "route",
            "provider"),
    FIRST_TOKEN(
            "weir_time_to_first_token_seconds",
            "weir.time.to.first.token",
            Kind.HISTOGRAM,
            "seconds",
            "From the request's head to the first payload byte of the answer.",
            "route",
            "provider"),
    LOOP_LAG(
            "weir_event_loop_lag_seconds",
            "weir.event.loop.lag",
            Kind.HISTOGRAM,
            "seconds",
            "How late the event loops ran a periodic timer: time that other work made it wait."),
    SPOOL_DEPTH(
            "weir_spool_depth_records",
            "weir.spool.depth",
            Kind.GAUGE,
            "records",
            "Events kept in the spool and not yet stored in PostgreSQL."),
    SPOOL_BYTES(
            "weir_spool_bytes",
            "weir.spool",
            Kind.GAUGE,
            "bytes",
            "Bytes of the spool that count towards its quota: what is not stored, and what is set aside for settlements."),
    SPOOL_LAG(
            "weir_spool_lag_seconds",
            "weir.spool.lag",
            Kind.GAUGE,
            "seconds",
            "How long the event stored last had waited in the spool."),
    SPOOL_OLDEST(
            "weir_spool_oldest_age_seconds",
            "weir.spool.oldest.age",
            Kind.GAUGE,
            "seconds",
            "Age of the oldest event not yet stored in PostgreSQL, 0 where none waits."),
    SHIPPER_STORED(
            "weir_shipper_events_stored_total",
            "weir.shipper.events.stored",
            Kind.COUNTER,
            null,
            "Events that this node stored in PostgreSQL, or handed to Kafka on their way there."),
    SHIPPER_ERRORS(
            "weir_shipper_errors_total",
            "weir.shipper.errors",
            Kind.COUNTER,
            null,
            "Batches that could not be stored and are tried again."),
    GAPS(
            "weir_gaps_total",
            "weir.gaps",
            Kind.COUNTER,
            null,
            "Gaps that this process put on record: stretches of events that are not to be had any more."),
    GAP_EVENTS(
            "weir_gap_events_total",
            "weir.gap.events",
            Kind.COUNTER,
            null,
            "Events in those gaps of which both ends are known."),
    NODE_TWIN(
            "weir_node_twin",
            "weir.node.twin",
            Kind.GAUGE,
            null,
            "1 where another process has begun under this node's name while this one runs, else 0."),
    LEASE_EXCHANGES(
            "weir_lease_exchanges_total",
            "weir.lease.exchanges",
            Kind.COUNTER,
            null,
            "Messages about shared limits that PostgreSQL answered."),
    LEASE_ERRORS(
            "weir_lease_errors_total",
            "weir.lease.errors",
            Kind.COUNTER,
            null,
            "Messages about shared limits that were not answered: calls go on within what was lent."),
    LEASES_USABLE(
            "weir_leases_usable",
            "weir.leases.usable",
            Kind.GAUGE,
            null,
            "1 while this node may spend from what it was lent; 0: hard-capped calls get 429 cap_unavailable."),
    ALERTS(
            "weir_alerts_fired_total",
            "weir.alerts.fired",
            Kind.COUNTER,
            null,
            "Marks of limits and budgets that this process was the first to see reached."),
    ALERT_DELIVERIES(
            "weir_alert_deliveries_total",
            "weir.alert.deliveries",
            Kind.COUNTER,
            null,
            "Attempts to deliver an alert, by result: delivered or failed; given_up counts the alerts that became dead letters.",
            "result"),
    ALERTS_DEAD(
            "weir_alert_dead_letters",
            "weir.alert.dead.letters",
            Kind.GAUGE,
            null,
            "Alerts of all nodes that could not be delivered and wait for somebody to send them again."),
    SPOOL_QUOTA(
            "weir_spool_quota_bytes",
            "weir.spool.quota",
            Kind.GAUGE,
            "bytes",
            "How much of the spool may wait for PostgreSQL before calls are refused."),
    SPOOL_PRESSURE(
            "weir_spool_pressure",
            "weir.spool.pressure",
            Kind.GAUGE,
            null,
            "0 below 70 % of the quota, 1 from there on, 2 from 90 % on (routes that may be shed are refused), 3 full."),
    SPOOL_SUSPECT(
            "weir_spool_suspect_segments_total",
            "weir.spool.suspect.segments",
            Kind.COUNTER,
            null,
            "Segments given up because the disk did not sync them; what they held was written again elsewhere."),
    SPOOL_BAD_BLOCKS(
            "weir_spool_bad_blocks_total",
            "weir.spool.bad.blocks",
            Kind.COUNTER,
            null,
            "Damaged stretches of the spool that were passed over, at the start and since."),
    SPOOL_LOSS_WINDOW(
            "weir_spool_unsynced_seconds",
            "weir.spool.unsynced",
            Kind.GAUGE,
            "seconds",
            "How long ago all that was kept was last known to be on the disk: what a power cut could take."),
    SHIPPER_SENT_AGAIN(
            "weir_shipper_sent_again_total",
            "weir.shipper.sent.again",
            Kind.COUNTER,
            null,
            "Times that all that waited was handed to Kafka again, because none of it was stored for too long."),
    SINK_STORED(
            "weir_sink_events_stored_total",
            "weir.sink.events.stored",
            Kind.COUNTER,
            null,
            "Events that this sink stored in PostgreSQL, repeats included."),
    SINK_PASSED_OVER(
            "weir_sink_events_passed_over_total",
            "weir.sink.events.passed.over",
            Kind.COUNTER,
            null,
            "Events passed over because one before them is missing; their node sends them again."),
    SINK_DEAD_LETTERS(
            "weir_sink_dead_letters_total",
            "weir.sink.dead.letters",
            Kind.COUNTER,
            null,
            "Records that can never be stored and went to the dead-letter topic, by reason: unreadable or refused.",
            "reason"),
    SINK_ERRORS(
            "weir_sink_errors_total",
            "weir.sink.errors",
            Kind.COUNTER,
            null,
            "Steps of this sink that failed and are tried again."),
    SINK_BEHIND(
            "weir_sink_behind_records",
            "weir.sink.behind",
            Kind.GAUGE,
            "records",
            "Records in this sink's partitions that are not stored yet."),
    SINK_PARTITIONS(
            "weir_sink_partitions",
            "weir.sink.partitions",
            Kind.GAUGE,
            null,
            "Partitions that this sink has of the topic.");

    /// What the exposition format calls its type.
    enum Kind {
        COUNTER, GAUGE, HISTOGRAM
    }

    private final String exposed;
    private final String meter;
    private final Kind kind;
    private final @Nullable String unit;
    private final String help;
    private final List<String> labels;

    Family(String exposed, String meter, Kind kind, @Nullable String unit, String help,
            String... labels) {
        this.exposed = exposed;
        this.meter = meter;
        this.kind = kind;
        this.unit = unit;
        this.help = help;
        this.labels = List.of(labels);
    }

    /// The name in `/metrics`.
    String exposed() {
        return exposed;
    }

    /// The name in the registry, which derives the exposed one from it.
    String meter() {
        return meter;
    }

    Kind kind() {
        return kind;
    }

    @Nullable
    String unit() {
        return unit;
    }

    String help() {
        return help;
    }

    List<String> labels() {
        return labels;
    }
}
