package dev.weir;

import dev.weir.ChaosTraffic.Seen;
import dev.weir.LedgeredUpstream.Served;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The three ledgers of a run side by side: what the upstream served, what clients saw, what Weir stored.
///
/// @param plans of the tenants, by name
record ChaosLedgers(List<Served> served, List<Seen> seen, List<Metered> stored, Map<String, String> plans) {
    private static final String EVENTS = "SELECT node, epoch, seq, call_id, attempt, day, tenant, route,"
            + " coalesce(model_answered, model_asked, '') AS model, provider_request_id, run, outcome, reason_code,"
            + " tokens_in, tokens_out, tool_calls, reads, writes, client_in, upstream_out, upstream_in, client_out,"
            + " client_status, upstream_status, cost, flags FROM weir.usage_events WHERE run LIKE ? ORDER BY epoch, seq";

    /// A stored event; absent meters are -1.
    record Metered(String node, long epoch, long seq, String callId, int attempt, LocalDate day, String tenant,
            String route, String model, String providerId, String mark, String outcome, String reason, long tokensIn,
            long tokensOut, long toolCalls, long reads, long writes, long clientIn, long upstreamOut, long upstreamIn,
            long clientOut, int clientStatus, int upstreamStatus, String cost, int flags) {
        String id() {
            return node + "-" + epoch + "-" + seq;
        }

        boolean isAttempt() {
            return !outcome.equals("blocked") && !outcome.equals("refused");
        }

        /// Input and output, as a cap on tokens counts them.
        long tokens() {
            return Math.max(0, tokensIn) + Math.max(0, tokensOut);
        }
    }

    /// The events of all marks that hold `part`, a prefix of marks behind the tenant's name; empty for all.
    static List<Metered> stored(Connection database, String part) throws SQLException {
        List<Metered> stored = new ArrayList<>();
        try (var statement = database.prepareStatement(EVENTS)) {
            statement.setString(1, part.isEmpty() ? "%" : "%." + part + "-%");
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    stored.add(event(rows));
                }
            }
        }
        return stored;
    }

    private static Metered event(ResultSet row) throws SQLException {
        return new Metered(row.getString("node"), row.getLong("epoch"), row.getLong("seq"), row.getString("call_id"),
                row.getInt("attempt"), row.getObject("day", LocalDate.class), row.getString("tenant"),
                row.getString("route"), row.getString("model"), text(row, "provider_request_id"),
                row.getString("run"), row.getString("outcome"), text(row, "reason_code"), number(row, "tokens_in"),
                number(row, "tokens_out"), number(row, "tool_calls"), number(row, "reads"), number(row, "writes"),
                row.getLong("client_in"), row.getLong("upstream_out"), row.getLong("upstream_in"),
                row.getLong("client_out"), row.getInt("client_status"), row.getInt("upstream_status"),
                text(row, "cost"), row.getInt("flags"));
    }

    private static String text(ResultSet row, String column) throws SQLException {
        String text = row.getString(column);
        return text == null ? "" : text;
    }

    private static long number(ResultSet row, String column) throws SQLException {
        long number = row.getLong(column);
        return row.wasNull() ? -1 : number;
    }
}
