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

    private static final int SLOT_BITS = 6;
    private static final int SLOTS = 1 << SLOT_BITS;
    /// 2^64 divided by the golden ratio: multiplying spreads numbers that are alike (Knuth, TAOCP 3, section 6.4).
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

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
        /// An open hash table by a name's length and its first eight bytes, which are compared as one number; a name that
        /// nobody asked for mostly hits an empty slot.
        private final @Nullable Object[] children = new @Nullable Object[SLOTS];
        private final byte[] @Nullable [] names = new byte[SLOTS][];
        private final long[] heads = new long[SLOTS];
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
            long head = Bytes.head(name, 0, name.length);
            int slot = slot(head, name.length);
            while (names[slot] != null) {
                slot = slot + 1 & SLOTS - 1;
            }
            names[slot] = name;
            heads[slot] = head;
            children[slot] = child;
        }

        private static int slot(long head, int length) {
            return (int) ((head + length) * GOLDEN >>> 64 - SLOT_BITS);
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
            int length = to - from;
            long head = Bytes.head(bytes, from, to);
            int slot = slot(head, length);
            for (byte[] name = names[slot]; name != null; name = names[slot]) {
                if (heads[slot] == head && name.length == length
                        && (length <= 8 || Arrays.equals(name, 8, length, bytes, from + 8, to))) {
                    return (Node<F>) children[slot];
                }
                slot = slot + 1 & SLOTS - 1;
            }
            return null;
        }
    }
}
