package dev.weir.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

import static java.nio.charset.StandardCharsets.UTF_8;

/// The PostgreSQL programs that lie on the class path, unpacked once into a folder.
final class ServerBinaries {
    /// Written last, so a folder with it is complete; holds the size of the archive it came from, so that an upgrade of Weir
    /// unpacks anew.
    private static final String MARKER = ".unpacked";

    private ServerBinaries() {}

    /// @param folder where to unpack; replaced whole where it is not complete or from another archive
    /// @return the folder with the programs
    static Path unpackInto(Path folder) throws IOException {
        String resource = resourceFor(System.getProperty("os.name"), System.getProperty("os.arch"));
        var url = ServerBinaries.class.getResource(resource);
        if (url == null) {
            throw new DatabaseException(
                    "no embedded PostgreSQL for this platform (" + System.getProperty("os.name") + " "
                            + System.getProperty("os.arch") + "): " + resource
                            + " is not on the class path. Set database.url to a"
                            + " PostgreSQL 15 to 18 of your own.");
        }
        String origin = resource + " " + url.openConnection().getContentLengthLong();
        Path marker = folder.resolve(MARKER);
        if (!Files.exists(marker) || !Files.readString(marker).equals(origin)) {
            delete(folder);
            Files.createDirectories(folder);
            try (InputStream archive = url.openStream()) {
                unpack(archive, folder);
            }
            Files.writeString(marker, origin, UTF_8);
        }
        return folder.resolve("bin");
    }

    static String resourceFor(String osName, String osArch) {
        String arch = switch (osArch) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64" -> "arm_64";
            default -> osArch;
        };
        return "/postgres-" + osName.toLowerCase(Locale.ROOT).replace(' ', '-') + "-" + arch + ".txz";
    }

    /// Unpacks a tar.xz; an entry that would land outside of `folder` stops it.
    static void unpack(InputStream archive, Path folder) throws IOException {
        try (var tar = new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                write(entry, tar, inside(folder, folder, entry.getName()), folder);
            }
        }
    }

    private static void write(TarArchiveEntry entry, InputStream content, Path target, Path folder) throws IOException {
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Path parent = target.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        if (entry.isSymbolicLink()) {
            inside(folder, parent == null ? folder : parent, entry.getLinkName());
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else {
            Files.copy(content, target, StandardCopyOption.REPLACE_EXISTING);
            boolean program = target.getParent() != null && target.getParent().endsWith("bin");
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
        }
    }

    private static Path inside(Path folder, Path base, String name) throws IOException {
        Path target = base.resolve(name).normalize();
        if (!target.startsWith(folder.normalize())) {
            throw new IOException("the archive of the embedded PostgreSQL has an entry outside of its folder: " + name);
        }
        return target;
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
