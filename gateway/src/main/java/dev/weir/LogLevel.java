package dev.weir;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.weir.config.GatewayConfig;
import org.slf4j.LoggerFactory;

/// Carries `log.level` to the logging library.
final class LogLevel {
    private LogLevel() {}

    static void apply(GatewayConfig.Log log) {
        if (LoggerFactory.getLogger("dev.weir") instanceof Logger logger) {
            logger.setLevel(Level.toLevel(log.level().name()));
        }
    }
}
