package dev.weir.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How to start a program that refuses to run as root.
///
/// Not root: as it is. Root: in a user namespace of its own (the process sees uid 65534, files stay root's); where the kernel
/// or the container forbids that, as uid 65534, to whom the folder is then given.
///
/// @param prefix the command in front of the program's, empty where none is needed
/// @param ownFiles whether the files must belong to uid 65534
record Unprivileged(List<String> prefix, boolean ownFiles) {
    private static final int NOBODY = 65_534;
    static final Unprivileged AS_IT_IS = new Unprivileged(List.of(), false);
    static final Unprivileged NAMESPACE = new Unprivileged(List.of("unshare", "-U"), false);
    static final Unprivileged SETPRIV = new Unprivileged(
            List.of("setpriv", "--reuid", "" + NOBODY, "--regid", "" + NOBODY, "--clear-groups"), true);
    static final Unprivileged RUNUSER = new Unprivileged(List.of("runuser", "-u", "nobody", "--"), true);

    /// The first way that works here.
    static Unprivileged find() throws IOException, InterruptedException {
        if (!isRoot()) {
            return AS_IT_IS;
        }
        for (Unprivileged way : List.of(NAMESPACE, SETPRIV, RUNUSER)) {
            if (way.works()) {
                return way;
            }
        }
        throw new DatabaseException(
                "PostgreSQL does not run as root, and none of unshare -U, setpriv, runuser works here."
                        + " Run Weir as another user, or set database.url to a PostgreSQL 15 to 18 of your own.");
    }

    static boolean isRoot() throws IOException {
        return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    List<String> command(List<String> program) {
        var all = new ArrayList<>(prefix);
        all.addAll(program);
        return all;
    }

    /// Lets the program reach its files.
    void own(Path folder) throws IOException, InterruptedException {
        if (!ownFiles) {
            return;
        }
        try (var files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                Files.setAttribute(file, "unix:uid", NOBODY, LinkOption.NOFOLLOW_LINKS);
                Files.setAttribute(file, "unix:gid", NOBODY, LinkOption.NOFOLLOW_LINKS);
            }
        }
        if (run(command(List.of("test", "-x", folder.toString()))) != 0) {
            throw new DatabaseException("the embedded PostgreSQL runs as nobody here and cannot reach " + folder
                    + ": let others pass the folders above it (chmod o+x), run Weir as another user than root, or set"
                    + " database.url.");
        }
    }

    private boolean works() throws InterruptedException {
        try {
            return run(command(List.of("true"))) == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static int run(List<String> command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
