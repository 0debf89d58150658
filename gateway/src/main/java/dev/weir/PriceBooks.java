package dev.weir;

import dev.weir.config.GatewayConfig;
import dev.weir.rating.PriceBook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The price list in force: the shipped one, with the rows of `prices.file` before its own.
final class PriceBooks {
    private PriceBooks() {}

    /// @throws StartFailure where the configured file cannot be read
    static PriceBook of(GatewayConfig config) {
        PriceBook shipped = PriceBook.shipped();
        return config.prices()
                .file()
                .map(PriceBooks::read)
                .map(own -> shipped.plus(own, shipped.version() + "+" + own.version()))
                .orElse(shipped);
    }

    private static PriceBook read(Path file) {
        try (var stream = Files.newInputStream(file)) {
            return PriceBook.read(stream);
        } catch (IOException e) {
            throw new StartFailure("the price file " + file + " cannot be used: " + e.getMessage(), e);
        }
    }
}
