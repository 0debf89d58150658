package dev.weir.simulator;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;

/// Thousands of runs in which nothing works would fill the log.
final class Quiet {
    private Quiet() {}

    static void logs() {
        ((Logger) LoggerFactory.getLogger("dev.weir.spool")).setLevel(Level.OFF);
    }
}
