package dev.weir.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The places in a JSON document that somebody wants to hear about, as a tree of names.
///
/// A path is written `choices[].delta.content`: names joined by dots, `[]` for every element of an array, nothing for the
/// document itself. Several paths may mean the same thing. Immutable, any thread.
final class JsonPaths<F extends Enum<F>> {
    /// What to do with a string that stands at a path.
    enum Strings {
        /// Give it to the listener whole, cut at [JsonTap#CAPTURE_MAX] bytes.
        WHOLE,
        /// Give it to the listener in the pieces in which it passes, however long it is.
        PIECES
    }

    private static final int SLOTS = 64;

    final Node<F> root = new Node<>();
    private int depth = 1;

    /// Adds the paths that mean `field`.
    JsonPaths<F> add(F field, Strings strings, String... paths) {
        for (String path : paths) {
            Node<F> node = root;
            int steps = 1;
            for (String step : path.replace("[]", ".[]").split("\\.")) {
                if (!step.isEmpty()) {
                    node = node.step(step);
                    steps++;
                }
            }
            node.field = field;
            node.pieces = strings == Strings.PIECES;
            depth = Math.max(depth, steps);
        }
        return this;
    }

    /// The number of containers that may be open at once on the way to a field.
    int depth() {
        return depth;
    }

    /// One place: what it means, and where it leads to.
    static final class Node<F extends Enum<F>> {
        @Nullable
        F field;
        boolean pieces;
        @Nullable
        Node<F> element;
        /// An open hash table by length, first and last byte; a name that nobody asked for mostly hits an empty slot.
        private final @Nullable Object[] children = new @Nullable Object[SLOTS];
        private final byte[] @Nullable [] names = new byte[SLOTS][];
        private int size;

        private Node<F> step(String name) {
            if (name.equals("[]")) {
                return element = element == null ? new Node<>() : element;
            }
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            Node<F> child = child(bytes, 0, bytes.length);
            if (child == null) {
                child = new Node<>();
                put(bytes, child);
            }
            return child;
        }

        private void put(byte[] name, Node<F> child) {
            if (++size > SLOTS / 2) {
                throw new IllegalStateException("more than " + SLOTS / 2 + " names in one object");
            }
            int slot = slot(name, 0, name.length);
            while (names[slot] != null) {
                slot = slot + 1 & SLOTS - 1;
            }
            names[slot] = name;
            children[slot] = child;
        }

        private static int slot(byte[] bytes, int from, int to) {
            return 31 * (to - from) + 7 * bytes[from] + bytes[to - 1] & SLOTS - 1;
        }

        boolean hasChildren() {
            return size > 0;
        }

        @SuppressWarnings("unchecked")
        @Nullable
        Node<F> child(byte[] bytes, int from, int to) {
            if (from == to) {
                return null;
            }
            int slot = slot(bytes, from, to);
            for (byte[] name = names[slot]; name != null; name = names[slot]) {
                if (name.length == to - from && Arrays.equals(name, 0, name.length, bytes, from, to)) {
                    return (Node<F>) children[slot];
                }
                slot = slot + 1 & SLOTS - 1;
            }
            return null;
        }
    }
}
