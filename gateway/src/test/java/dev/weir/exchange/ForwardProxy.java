package dev.weir.exchange;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A little outbound proxy as companies have them (RFC 9110 §9.3.6): CONNECT opens a tunnel, a request in absolute form
/// (RFC 9112 §3.2.2) is passed on in origin form. It writes down what it can read, which of a tunnel is the head alone.
final class ForwardProxy implements AutoCloseable {
    private static final int HEAD_MAX = 16 << 10;

    private final ServerSocket server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private volatile boolean refusing;

    ForwardProxy() throws IOException {
        Thread.ofVirtual().name("proxy").start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /// The heads it could read, in order.
    List<String> heads() {
        return List.copyOf(heads);
    }

    /// From now on nobody is let through.
    void refuses(boolean refuse) {
        refusing = refuse;
    }

    /// Forgets what it read and breaks every connection, so that the next call makes a new one.
    void forget() {
        open.forEach(ForwardProxy::close);
        heads.clear();
        refusing = false;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                open.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            String head = head(client.getInputStream());
            heads.add(head);
            String target = head.split(" ")[1];
            if (refusing) {
                say(client, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            } else if (head.startsWith("CONNECT ")) {
                try (var upstream = dial(target)) {
                    say(client, "HTTP/1.1 200 Connection established\r\n\r\n");
                    pump(client, upstream);
                }
            } else {
                String authority = target.substring("http://".length()).replaceFirst("/.*", "");
                try (var upstream = dial(authority)) {
                    say(upstream, head.replaceFirst("http://[^/]*", ""));
                    pump(client, upstream);
                }
            }
        } catch (IOException gone) {
            // One of the two left; the test looks at what the other saw.
        } finally {
            open.remove(client);
        }
    }

    private static Socket dial(String authority) throws IOException {
        int colon = authority.lastIndexOf(':');
        return new Socket(InetAddress.getByName(authority.substring(0, colon)),
                Integer.parseInt(authority.substring(colon + 1)));
    }

    private static void pump(Socket client, Socket upstream) throws IOException {
        Thread.ofVirtual().start(() -> copy(client, upstream));
        copy(upstream, client);
    }

    /// Ends both ways when one ends.
    private static void copy(Socket from, Socket to) {
        try (from; to; InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
            var buffer = new byte[8192];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
                out.flush();
            }
        } catch (IOException gone) {
            // The other direction ends with it.
        }
    }

    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0 && head.length() < HEAD_MAX) {
            int octet = in.read();
            if (octet < 0) {
                throw new IOException("closed within the head");
            }
            head.append((char) octet);
        }
        return head.toString();
    }

    private static void say(Socket to, String text) throws IOException {
        to.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        to.getOutputStream().flush();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException closedAlready) {
            // Closed is closed.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        forget();
    }
}
