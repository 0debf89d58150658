package dev.weir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Supplier;

/// The folder that a node keeps its data in, and the secrets in it: each in a file of its own that only its owner can read.
final class DataFolder {
    private static final Set<PosixFilePermission> OWNER_ONLY = EnumSet.of(PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE);
    private static final Set<PosixFilePermission> OWNER_FOLDER = EnumSet.of(PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    private final Path path;

    private DataFolder(Path path) {
        this.path = path;
    }

    /// Opens the folder, making it where it is not there.
    ///
    /// @throws StartFailure where it cannot be made or written
    static DataFolder open(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        try {
            if (!Files.isDirectory(absolute)) {
                Files.createDirectories(absolute);
                Files.setPosixFilePermissions(absolute, OWNER_FOLDER);
            }
        } catch (IOException e) {
            throw new StartFailure("the data folder " + absolute + " cannot be made (" + e.getMessage()
                    + "). Choose another with --data DIR, or give this user the right to write there.", e);
        }
        if (!Files.isWritable(absolute)) {
            throw new StartFailure(
                    "the data folder " + absolute + " cannot be written by this user. Choose another with --data DIR.");
        }
        return new DataFolder(absolute);
    }

    Path path() {
        return path;
    }

    Path file(String name) {
        return path.resolve(name);
    }

    boolean has(String name) {
        return Files.exists(file(name));
    }

    /// The secret in file `name`; where there is none yet, a new one is made and kept there, readable by the owner only.
    ///
    /// @throws StartFailure where the file is there and empty: an emptied secret is never replaced silently (G9.4)
    String secret(String name, Supplier<String> generate) {
        Path file = file(name);
        try {
            if (!Files.exists(file)) {
                write(file, generate.get());
            }
            String secret = Files.readString(file).strip();
            if (secret.isEmpty()) {
                throw new StartFailure(
                        file + " is empty. Put the secret back, or delete the file to have a new one made.");
            }
            return secret;
        } catch (IOException e) {
            throw new StartFailure(file + " cannot be read or made: " + e.getMessage(), e);
        }
    }

    /// Keeps `text` in file `name`, replacing what is there.
    void keep(String name, String text) {
        try {
            Path made = made(file(name), text);
            Files.move(made, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(file(name) + " cannot be written", e);
        }
    }

    /// The file appears with its whole content or not at all, however this process ends meanwhile.
    private static void write(Path file, String text) throws IOException {
        Path made = made(file, text);
        try {
            Files.createLink(file, made);
        } catch (FileAlreadyExistsException madeMeanwhile) {
            // Another start of the same folder was quicker; its secret is the one that counts.
        } finally {
            Files.deleteIfExists(made);
        }
    }

    /// Another file beside it, with that content, on the disk.
    private static Path made(Path file, String text) throws IOException {
        Path made = Files.createTempFile(file.toAbsolutePath().getParent(), file.getFileName().toString(), ".new",
                PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        try (var channel = FileChannel.open(made, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8)));
            channel.force(true);
            return made;
        } catch (IOException | RuntimeException failed) {
            Files.deleteIfExists(made);
            throw failed;
        }
    }
}
