package dev.weir.exchange;

import static dev.weir.exchange.GuardedServer.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which WebSocket handshakes have one reading, and what may stand around one on its connection.
class HandshakeCheckTest {
    private static final String HANDSHAKE = """
            GET /live HTTP/1.1
            Host: weir
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
            Sec-WebSocket-Version: 13

            """.replace("\n", "\r\n");
    private static final String LAST = "GET /last HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n";

    private final HeadCheck check = new HeadCheck(HeadLimits.DEFAULT, "/live"::equals);

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            Host: weir                     | Host: weir                                     |
            Upgrade: websocket             | upgrade: WebSocket                             |
            Connection: Upgrade            | connection: keep-alive, Upgrade                |
            Connection: Upgrade            | Connection: upgrade                            |
            Host: weir                     | Host: weir~Sec-WebSocket-Extensions: a         |
            GET /live                      | GET /else                                      | WEBSOCKET_NOT_HERE
            GET /live                      | GET /live?x                                    | WEBSOCKET_NOT_HERE
            GET /live                      | GET http://weir/live                           | WEBSOCKET_FORM
            GET /live                      | POST /live                                     | WEBSOCKET_FORM
            GET /live                      | get /live                                      | WEBSOCKET_FORM
            HTTP/1.1                       | HTTP/1.0                                       | WEBSOCKET_FORM
            Upgrade: websocket             | Upgrade: websocket~Upgrade: websocket          | WEBSOCKET_FORM
            Upgrade: websocket             | Upgrade: websocket, h2c                        | UPGRADE
            Upgrade: websocket             | Upgrade: h2c                                   | UPGRADE
            Upgrade: websocket             | Upgrade: websocket/13                          | UPGRADE
            Upgrade: websocket             | Upgrade:                                       | UPGRADE
            Connection: Upgrade            | Connection: keep-alive                         | WEBSOCKET_FORM
            Connection: Upgrade            | Connection: Upgrade, close                     | WEBSOCKET_FORM
            Connection: Upgrade            | Connection: Upgrade, Authorization             | WEBSOCKET_FORM
            Connection: Upgrade            | Connection: Upgrade, Upgrade                   | WEBSOCKET_FORM
            Connection: Upgrade            | Connection: Upgrade~Connection: Upgrade        | WEBSOCKET_FORM
            Connection: Upgrade            | Connection: Upgrade,                           | WEBSOCKET_FORM
            Connection: Upgrade            | A: b                                           | WEBSOCKET_FORM
            dGhlIHNhbXBsZSBub25jZQ==       | dGhlIHNhbXBsZSBub25jZQ=                        | WEBSOCKET_FORM
            dGhlIHNhbXBsZSBub25jZQ==       | dGhlIHNhbXBsZSBub25j?Q==                       | WEBSOCKET_FORM
            Sec-WebSocket-Key              | Sec-WebSocket-Kez                              | WEBSOCKET_FORM
            Sec-WebSocket-Version: 13      | Sec-WebSocket-Version: 8                       | WEBSOCKET_FORM
            Sec-WebSocket-Version: 13      | Sec-WebSocket-Version: 13, 8                   | WEBSOCKET_FORM
            Sec-WebSocket-Version: 13      | Sec-WebSocket-Version: 13~Sec-WebSocket-Version: 13 | WEBSOCKET_FORM
            Sec-WebSocket-Version: 13      | A: b                                           | WEBSOCKET_FORM
            Host: weir                     | Host: weir~Content-Length: 0                   | WEBSOCKET_FORM
            Host: weir                     | Host: weir~Transfer-Encoding: chunked          | WEBSOCKET_FORM
            Host: weir                     | Host: weir~Expect: 100-continue                | WEBSOCKET_FORM
            Host: weir                     | Host: weir~HTTP2-Settings: AAMAAABk            | UPGRADE
            Host: weir                     | Host: weir~Host: weir                          | HOST_REPEATED
            """)
    void handshakeHasOneReadingOrIsRefused(String instead, String written, HeadRefusal refusal) {
        byte[] head = bytes(HANDSHAKE.replace(instead, written.replace("~", "\r\n")));

        boolean accepted = check.accept(head, 0, head.length);

        assertThat(accepted).isEqualTo(refusal == null);
        if (accepted) {
            assertThat(check.opensWebSocket()).isTrue();
        } else {
            assertThat(check.refusal()).isEqualTo(refusal);
        }
    }

    @Test
    void headBehindAHandshakeIsReadAfresh() {
        byte[] handshake = bytes(HANDSHAKE);
        byte[] plain = bytes(LAST);
        assertThat(check.accept(handshake, 0, handshake.length)).isTrue();
        assertThat(check.accept(plain, 0, plain.length)).isTrue();
        assertThat(check.opensWebSocket()).isFalse();
    }

    @Test
    void refusalOfAnUpgradeSaysWhatToSpeakInstead() {
        assertThat(HeadProblem.json(HeadRefusal.UPGRADE)).contains("HttpClient.Version.HTTP_1_1", "prior knowledge",
                "ALPN", "\"status\":400", "\"code\":\"upgrade\"");
        assertThat(HeadProblem.json(HeadRefusal.WEBSOCKET_NOT_HERE)).contains("websocket", "allow");
    }

    @Test
    void handshakeThatIsAnsweredOtherwiseLeavesTheConnectionToHttp() throws Exception {
        try (var server = new GuardedServer(HeadLimits.DEFAULT, GuardedServer.plaintext())) {
            server.head.allowWebSockets(server.port(), "/live"::equals);
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write(bytes(HANDSHAKE));
                byte[] first = socket.getInputStream().readNBytes("HTTP/1.1 200 OK".length());
                assertThat(new String(first, java.nio.charset.StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 200 OK");
                assertThat(GuardedServer.talk(socket, bytes(LAST))).contains("GET /last 0");
            }
            assertThat(server.refused).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"true, false", "false, true", "true, true"})
    void handshakeStandsAloneOnItsConnection(boolean before, boolean behind) throws Exception {
        try (var server = new GuardedServer(HeadLimits.DEFAULT, GuardedServer.plaintext())) {
            server.head.allowWebSockets(server.port(), "/live"::equals);
            String first = before ? "GET /first HTTP/1.1\r\nHost: weir\r\n\r\n" : "";

            server.talk(bytes(first + HANDSHAKE + (behind ? LAST : "")));

            assertThat(server.refused).containsExactly(HeadRefusal.WEBSOCKET_FORM);
            assertThat(server.routed).isEqualTo(before ? java.util.List.of("GET /first") : java.util.List.of());
        }
    }

    @Test
    void nothingPassesBetweenTheHandshakeAndItsAnswer() throws Exception {
        try (var server = new GuardedServer(HeadLimits.DEFAULT, GuardedServer.plaintext())) {
            server.head.allowWebSockets(server.port(), "/never"::equals);
            String unanswered = HANDSHAKE.replace("/live", "/never");
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.setTcpNoDelay(true);
                socket.getOutputStream().write(bytes(unanswered));
                org.awaitility.Awaitility.await().until(() -> !server.routed.isEmpty());
                socket.setSoTimeout(10_000);
                GuardedServer.talk(socket, bytes(LAST));
            }
            assertThat(server.routed).containsExactly("GET /never");
            assertThat(server.refused).containsExactly(HeadRefusal.WEBSOCKET_FORM);
        }
    }

    @Test
    void handshakeIsRefusedOnEveryOtherPort() throws Exception {
        try (var server = new GuardedServer(HeadLimits.DEFAULT, GuardedServer.plaintext())) {
            server.head.allowWebSockets(server.port() + 1, target -> true);
            assertThat(server.talk(bytes(HANDSHAKE))).contains("\"code\":\"websocket_not_here\"");
            assertThat(server.routed).isEmpty();
        }
    }
}
