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
        private Object[] children = new Object[0];
        private byte[][] names = new byte[0][];

        private Node<F> step(String name) {
            if (name.equals("[]")) {
                return element = element == null ? new Node<>() : element;
            }
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            Node<F> child = child(bytes, 0, bytes.length);
            if (child == null) {
                child = new Node<>();
                children = Arrays.copyOf(children, children.length + 1);
                names = Arrays.copyOf(names, names.length + 1);
                children[children.length - 1] = child;
                names[names.length - 1] = bytes;
            }
            return child;
        }

        boolean hasChildren() {
            return names.length > 0;
        }

        @SuppressWarnings("unchecked")
        @Nullable
        Node<F> child(byte[] bytes, int from, int to) {
            int length = to - from;
            for (int i = 0; i < names.length; i++) {
                byte[] name = names[i];
                if (name.length == length && name[0] == bytes[from] && name[length - 1] == bytes[to - 1]
                        && Arrays.equals(name, 0, length, bytes, from, to)) {
                    return (Node<F>) children[i];
                }
            }
            return null;
        }
    }
}
