package dev.weir.usage;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// How often each tool was called: what the `tool_calls` of one attempt were calls of. Immutable, any thread.
///
/// Names are chosen by clients, so they are hostile text and there is a bound to what is kept: names beyond
/// [#NAMES_MAX] different ones, and names longer than [#NAME_LENGTH_MAX], are counted together as [#OTHERS]. The sum is right
/// whatever the names are.
///
/// @param byName in the order of the names; every count is 1 or more
public record ToolCounts(Map<String, Long> byName) {
    public static final int NAMES_MAX = 16;
    /// Characters; MCP says that names should have no more (specification 2025-11-25, "Tool Names").
    public static final int NAME_LENGTH_MAX = 128;
    public static final String OTHERS = "*";
    public static final ToolCounts NONE = new ToolCounts(Map.of());

    public ToolCounts {
        if (byName.size() > NAMES_MAX + 1) {
            throw new IllegalArgumentException(byName.size() + " tools are more than " + NAMES_MAX + " and the others");
        }
        byName.forEach((name, count) -> {
            if (name.length() > NAME_LENGTH_MAX || count < 1) {
                throw new IllegalArgumentException("a tool has a name of at most " + NAME_LENGTH_MAX
                        + " characters and 1 call or more, not " + count);
            }
        });
        byName = Collections.unmodifiableMap(new TreeMap<>(byName));
    }

    /// One call of one tool.
    public static ToolCounts of(String name) {
        return new ToolCounts(Map.of(NONE.kept(name), 1L));
    }

    /// These and one call more.
    public ToolCounts plus(String name) {
        var more = new TreeMap<>(byName);
        more.merge(kept(name), 1L, Long::sum);
        return new ToolCounts(more);
    }

    private String kept(String name) {
        if (name.length() > NAME_LENGTH_MAX) {
            return OTHERS;
        }
        int named = byName.size() - (byName.containsKey(OTHERS) ? 1 : 0);
        return byName.containsKey(name) || named < NAMES_MAX ? name : OTHERS;
    }

    public boolean isEmpty() {
        return byName.isEmpty();
    }

    public long total() {
        return byName.values().stream().mapToLong(Long::longValue).sum();
    }
}
