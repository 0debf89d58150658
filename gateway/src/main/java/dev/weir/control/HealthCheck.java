package dev.weir.control;

import java.util.Optional;
import java.util.function.Supplier;

/// One thing a node needs to take traffic.
///
/// @param name as `/health/ready` shows it: `postgresql`, `spool`
/// @param complaint empty while it is well, else why it is not, in words an operator can act on and without secrets;
///        called on a virtual thread, may wait
public record HealthCheck(String name, Supplier<Optional<String>> complaint) {}
