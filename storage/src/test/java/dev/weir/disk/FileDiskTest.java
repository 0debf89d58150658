package dev.weir.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDiskTest {
    @TempDir
    Path folder;

    private FileDisk disk;

    FileDiskTest() throws IOException {
        disk = FileDisk.open(Path.of("target"));
    }

    @BeforeEach
    void open() throws IOException {
        disk = FileDisk.open(folder.resolve("made/on/the/way"));
    }

    @Test
    void createdFileIsZerosOfItsFullSize() throws IOException {
        try (var mapped = disk.create("a", 1_000_000); var source = disk.read("a")) {
            assertThat(mapped.capacity()).isEqualTo(1_000_000);
            assertThat(source.size()).isEqualTo(1_000_000);
            var bytes = new byte[1_000_000];
            assertThat(source.read(0, bytes, 0, bytes.length)).isEqualTo(bytes.length);
            assertThat(bytes).containsOnly(0);
        }
    }

    @Test
    void whatIsPutInTheMappingIsReadFromTheFile() throws IOException {
        try (var mapped = disk.create("a", 8_192); var source = disk.read("a")) {
            mapped.put(5_000, bytes("xhellox"), 1, 5);
            mapped.force(4_999, 100);
            var read = new byte[5];
            assertThat(source.read(5_000, read, 0, 5)).isEqualTo(5);
            assertThat(read).isEqualTo(bytes("hello"));
            mapped.get(5_000, read, 0, 5);
            assertThat(read).isEqualTo(bytes("hello"));
        }
    }

    @Test
    void readingPastTheEndGivesWhatThereIs() throws IOException {
        disk.replace("a", bytes("hello"));
        try (var source = disk.read("a")) {
            assertThat(source.read(3, new byte[10], 0, 10)).isEqualTo(2);
            assertThat(source.read(9, new byte[10], 0, 10)).isZero();
        }
    }

    @Test
    void anExistingFileIsNotCreatedAgainAndNotHarmed() throws IOException {
        disk.replace("a", bytes("hello"));
        assertThatThrownBy(() -> disk.create("a", 100)).isInstanceOf(IOException.class);
        assertThat(disk.readAll("a", 10)).isEqualTo(bytes("hello"));
    }

    @Test
    void aFailedCreateLeavesNothingBehind() {
        assertThatThrownBy(() -> disk.create("a", -1)).isInstanceOf(Exception.class);
        assertThatThrownBy(() -> disk.create("no/folder", 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void replacingLeavesNoTemporaryFile() throws IOException {
        disk.replace("a", bytes("one"));
        disk.replace("a", bytes("two"));
        assertThat(disk.readAll("a", 10)).isEqualTo(bytes("two"));
        assertThat(disk.list()).containsExactly("a");
    }

    @Test
    void aSmallFileThatGrewTooLongIsRefused() throws IOException {
        disk.replace("a", new byte[100]);
        assertThatThrownBy(() -> disk.readAll("a", 10)).hasMessageContaining("100 bytes")
                .hasMessageContaining("at most 10");
    }

    @Test
    void theFolderHasOneHolder() throws IOException {
        try (var lock = disk.lock("lock")) {
            assertThat(lock).isNotNull();
            assertThatThrownBy(() -> disk.lock("lock")).hasMessageContaining("another process uses the folder")
                    .hasMessageContaining("Stop it");
        }
        disk.lock("lock").close();
    }

    @Test
    void writtenFilesCanBeRenamedAndDeleted() throws IOException {
        try (var sink = disk.write("a.tmp")) {
            sink.write(bytes("hello"), 0, 5);
            sink.sync();
        }
        disk.rename("a.tmp", "a");
        disk.sync("a");
        disk.syncFolder();
        assertThat(disk.exists("a.tmp")).isFalse();
        disk.delete("a");
        disk.delete("a");
        assertThat(disk.list()).isEmpty();
        assertThat(disk.freeBytes()).isPositive();
        assertThat(Files.isDirectory(Path.of(disk.toString()))).isTrue();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
