package dev.weir.simulator;

import java.util.ArrayList;
import java.util.List;

/// A bug that a hurried colleague could write: a change of a source file, which the simulator must find.
///
/// @param seed that found it when it was planted; tried first, the others if it does not find it any more
/// @param what the promise it breaks, in words
/// @param file below `dev/weir`, of the engine, of storage or of the simulator itself
/// @param edits what is replaced by what; each `from` stands exactly once in the file
record PlantedBug(long seed, String what, String file, List<Edit> edits) {
    record Edit(String from, String to) {}

    static PlantedBug of(long seed, String what, String file, String from, String to) {
        return new PlantedBug(seed, what, file, List.of(new Edit(from, to)));
    }

    PlantedBug and(String from, String to) {
        var more = new ArrayList<>(edits);
        more.add(new Edit(from, to));
        return new PlantedBug(seed, what, file, more);
    }

    /// @throws IllegalStateException where the file has changed so that the bug can no longer be planted
    String plant(String source) {
        String planted = source;
        for (Edit edit : edits) {
            int at = planted.indexOf(edit.from);
            if (at < 0 || planted.indexOf(edit.from, at + 1) >= 0) {
                throw new IllegalStateException("'" + what + "': " + file + " does not have exactly once: " + edit.from
                        + "\nPlant the bug anew where that code has gone.");
            }
            planted = planted.replace(edit.from, edit.to);
        }
        return planted;
    }

    @Override
    public String toString() {
        return what;
    }
}
