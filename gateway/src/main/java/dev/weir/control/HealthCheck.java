package dev.weir.control;

import java.util.Optional;
import java.util.function.Supplier;

/// One thing a node needs to take traffic.
///
/// @param name as `/health/ready` shows it: `postgresql`, `spool`
/// @param complaint empty while it is well, else why it is not, in words an operator can act on and without secrets;
///        called on a virtual thread, may wait
/// @param warning what somebody should look at although it is well; must not wait
public record HealthCheck(String name, Supplier<Optional<String>> complaint, Supplier<Optional<String>> warning) {
    public HealthCheck(String name, Supplier<Optional<String>> complaint) {
        this(name, complaint, Optional::empty);
    }
}
