package dev.weir.control;

import java.util.Arrays;
import java.util.Optional;

/// What costs are broken down by.
public enum Dimension {
    USER("user"),
    MODEL("model"),
    ROUTE("route"),
    KEY("key"),
    RUN("run"),
    TICKET("ticket"),
    COST_CENTER("cost_center"),
    /// Each `name=value` pair; an event with several counts in each of them.
    TAG("tag");

    private final String id;

    Dimension(String id) {
        this.id = id;
    }

    public String id() {
        return id;
    }

    public static Optional<Dimension> byId(String id) {
        return Arrays.stream(values()).filter(dimension -> dimension.id.equals(id)).findFirst();
    }
}
