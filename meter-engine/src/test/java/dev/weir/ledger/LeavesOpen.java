package dev.weir.ledger;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// A test that leaves calls running on purpose. [QuietLedgers] fails it where it does not.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface LeavesOpen {
    /// Why nobody ends them.
    String value();
}
