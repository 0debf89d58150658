package dev.weir.postgres;

import dev.weir.rollup.DaySeal;
import dev.weir.spool.Batch;
import dev.weir.spool.KeptEvent;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/// A table with the columns of `usage_events`, no partitions and no row-level security, filled by COPY as a superuser.
final class CopyTable implements AutoCloseable {
    private final Connection connection;
    private final String copy;

    private CopyTable(Connection connection, String table) {
        this.connection = connection;
        this.copy = "COPY weir." + table + " (day, node, epoch, " + EventColumn.ALL.stream()
                .map(column -> column.name().replace("_picos", ""))
                .collect(Collectors.joining(", ")) + ") FROM STDIN";
    }

    /// @param keyed whether with the indexes of `usage_events`
    static CopyTable create(Database database, String table, boolean keyed) throws SQLException {
        var connection = database.connect();
        try (var statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE weir." + table + " (LIKE weir.usage_events INCLUDING DEFAULTS INCLUDING GENERATED"
                            + " INCLUDING CONSTRAINTS" + (keyed ? " INCLUDING INDEXES" : "") + ")");
        }
        return new CopyTable(connection, table);
    }

    void copy(byte[] rows) throws SQLException, IOException {
        connection.unwrap(PGConnection.class).getCopyAPI().copyIn(copy, new java.io.ByteArrayInputStream(rows), 65_536);
    }

    byte[] rows(Batch batch) {
        var text = new StringBuilder();
        for (KeptEvent kept : batch.events()) {
            text.append(DaySeal.dayOf(kept.event().time()))
                    .append('\t')
                    .append(batch.node())
                    .append('\t')
                    .append(batch.epoch());
            for (EventColumn column : EventColumn.ALL) {
                text.append('\t').append(field(column.name(), column.value().apply(kept)));
            }
            text.append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String field(String column, @Nullable Object value) {
        if (value == null) {
            return "\\N";
        }
        return column.endsWith("_picos")
                ? BigDecimal.valueOf((Long) value, 12).toPlainString()
                : value.toString().replace("\\", "\\\\");
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
