package dev.weir.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One direction of a WebSocket, frame by frame (RFC 6455 §5).
class FrameCursorTest {
    private static final int MOST = 1_000_000;

    /// Hears messages, unmasked.
    private static final class Heard implements FrameCursor.Listener {
        final List<String> messages = new ArrayList<>();
        private final StringBuilder message = new StringBuilder();
        @Nullable
        FrameCursor cursor;

        @Override
        public void payload(boolean text, byte[] bytes, int from, int to) {
            for (int i = 0; i < to - from; i++) {
                message.append((char) (java.util.Objects.requireNonNull(cursor).unmasked(bytes, from, i) & 0xff));
            }
        }

        @Override
        public void messageEnd(boolean text) {
            messages.add((text ? "text " : "binary ") + message);
            message.setLength(0);
        }
    }

    private final Heard heard = new Heard();

    private FrameCursor cursor(boolean masked) {
        var cursor = new FrameCursor(masked, MOST, heard);
        heard.cursor = cursor;
        return cursor;
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void whereFramesAreCutChangesNothing(boolean masked) {
        byte[] all = concat(FrameWire.frame(FrameWire.TEXT, true, masked, "hello".getBytes()),
                FrameWire.frame(FrameWire.BINARY, false, masked, "ab".getBytes()),
                FrameWire.frame(FrameWire.PING, true, masked, "pp".getBytes()),
                FrameWire.frame(FrameWire.CONTINUATION, false, masked, new byte[0]),
                FrameWire.frame(FrameWire.CONTINUATION, true, masked, "x".repeat(300).getBytes()),
                FrameWire.frame(FrameWire.TEXT, true, masked, "y".repeat(70_000).getBytes()),
                FrameWire.frame(FrameWire.TEXT, true, masked, new byte[0]), FrameWire.close(masked, 4321));
        FrameCursor whole = cursor(masked);
        assertThat(whole.accept(all, 0, all.length)).isNull();
        List<String> expected = List.copyOf(heard.messages);
        assertThat(expected).containsExactly("text hello", "binary ab" + "x".repeat(300), "text " + "y".repeat(70_000),
                "text ");
        var random = new Random(7);
        for (int round = 0; round < 50; round++) {
            heard.messages.clear();
            FrameCursor cursor = cursor(masked);
            for (int at = 0; at < all.length;) {
                int some = round == 0 ? 1 : Math.min(all.length - at, 1 + random.nextInt(round * round));
                assertThat(cursor.accept(all, at, some)).isNull();
                at += some;
            }
            assertThat(heard.messages).isEqualTo(expected);
            assertThat(cursor.closeCode()).isEqualTo(4321);
            assertThat(cursor.payloadBytes()).isEqualTo(5 + 2 + 2 + 300 + 70_000 + 2);
            assertThat(cursor.atBoundary()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            reserved bit of an extension         | c1 00
            other reserved bits                  | a1 00
            unknown data opcode                  | 83 00
            unknown control opcode               | 8b 00
            masked by a server                   | 81 80 00 00 00 00
            continuation of nothing              | 80 00
            message inside a message             | 01 00 81 00
            ping in fragments                    | 09 00
            ping of 126 bytes                    | 89 7e 00 7e
            close with half a code               | 88 01 03
            length of 2^63                       | 81 7f 80 00 00 00 00 00 00 00
            anything behind a close              | 88 00 81 00
            a ping behind a close                | 88 02 03 e8 89 00
            """)
    void framesWithTwoReadingsAreAFault(String name, String hex) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        assertThat(cursor(false).accept(bytes, 0, bytes.length)).as(name).isEqualTo(FrameCursor.Fault.PROTOCOL);
        FrameCursor slow = cursor(false);
        FrameCursor.Fault fault = null;
        for (int i = 0; i < bytes.length; i++) {
            fault = slow.accept(bytes, i, 1);
        }
        assertThat(fault).as(name).isEqualTo(FrameCursor.Fault.PROTOCOL);
    }

    @Test
    void clientThatDoesNotMaskIsAFault() {
        byte[] bytes = FrameWire.fromServer("a");
        assertThat(cursor(true).accept(bytes, 0, bytes.length)).isEqualTo(FrameCursor.Fault.PROTOCOL);
    }

    @ParameterizedTest
    @CsvSource({"1000, true", "1001, false", "2000000, false"})
    void messageIsAsLargeAsAllItsFrames(int size, boolean fits) {
        var cursor = new FrameCursor(false, 1_000, heard);
        heard.cursor = cursor;
        byte[] first = FrameWire.frame(FrameWire.BINARY, false, false, new byte[400]);
        byte[] ping = FrameWire.frame(FrameWire.PING, true, false, new byte[100]);
        byte[] rest = FrameWire.frame(FrameWire.CONTINUATION, true, false, new byte[size - 400]);
        byte[] all = concat(first, ping, rest);
        assertThat(cursor.accept(all, 0, all.length)).isEqualTo(fits ? null : FrameCursor.Fault.TOO_LARGE);
    }

    @Test
    void closeWithoutCodeAndPlacesForAFrameAreKnown() {
        FrameCursor cursor = cursor(false);
        assertThat(cursor.atBoundary()).isTrue();
        byte[] bytes = FrameWire.fromServer("abc");
        for (int i = 0; i < bytes.length; i++) {
            cursor.accept(bytes, i, 1);
            assertThat(cursor.atBoundary()).isEqualTo(i == bytes.length - 1);
        }
        assertThat(cursor.closeCode()).isEqualTo(-1);
        cursor.accept(new byte[]{(byte) 0x88, 0}, 0, 2);
        assertThat(cursor.closeCode()).isEqualTo(FrameCursor.NO_CODE);
    }

    /// Whatever comes: no exception, and no message that a second look at the same bytes in other pieces does not hear.
    @Test
    void anyBytesAreReadAlikeInAnyPieces() {
        var random = new Random(Long.getLong("weir.seed", 20261125L));
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = new byte[1 + random.nextInt(60)];
            random.nextBytes(bytes);
            bytes[0] = (byte) (random.nextInt(4) == 0 ? bytes[0] : 0x80 | random.nextInt(3));
            if (bytes.length > 1 && random.nextInt(4) > 0) {
                bytes[1] = (byte) random.nextInt(30);
            }
            heard.messages.clear();
            FrameCursor.Fault whole = cursor(false).accept(bytes, 0, bytes.length);
            List<String> messages = List.copyOf(heard.messages);
            heard.messages.clear();
            heard.message.setLength(0);
            FrameCursor slow = cursor(false);
            FrameCursor.Fault fault = null;
            for (int i = 0; i < bytes.length; i++) {
                fault = slow.accept(bytes, i, 1);
            }
            heard.message.setLength(0);
            assertThat(fault).isEqualTo(whole);
            assertThat(heard.messages).isEqualTo(messages);
        }
    }

    @Test
    void framesOfOurOwnAreFrames() {
        for (String reason : List.of("", "why", "r".repeat(400))) {
            byte[] down = Frames.closeToClient(1001, reason).getBytes();
            byte[] up = Frames.closeToUpstream(1001, reason).getBytes();
            FrameCursor client = cursor(false);
            FrameCursor server = cursor(true);
            assertThat(client.accept(down, 0, down.length)).isNull();
            assertThat(server.accept(up, 0, up.length)).isNull();
            assertThat(client.closeCode()).isEqualTo(1001);
            assertThat(server.closeCode()).isEqualTo(1001);
        }
    }

    private static byte[] concat(byte[]... pieces) {
        var all = new ByteArrayOutputStream();
        List.of(pieces).forEach(all::writeBytes);
        return all.toByteArray();
    }
}
