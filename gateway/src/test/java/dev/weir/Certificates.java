package dev.weir;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// An authority of the test's own and what it signs, made by the JDK's keytool, as PEM files and as TLS contexts.
public final class Certificates {
    private static final String PASSWORD = "changeit";
    private static final String AUTHORITY = "authority";
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[]{'\n'});

    private final Path folder;
    private final Path store;

    /// @param folder an empty folder of the test's
    public Certificates(Path folder) throws Exception {
        this.folder = Files.createDirectories(folder);
        this.store = folder.resolve("keys.p12");
        keytool("-genkeypair", "-alias", AUTHORITY, "-dname", "CN=an authority for tests", "-ext", "bc:c=ca:true",
                "-ext", "ku:c=keyCertSign");
        write(authority(), pem("CERTIFICATE", load().getCertificate(AUTHORITY).getEncoded()));
    }

    /// A server's certificate, its key, and a context to serve with.
    ///
    /// @param cert the chain, the server's own first
    /// @param key PKCS#8
    public record Server(Path cert, Path key, SSLContext context) {}

    /// The authority's certificate.
    public Path authority() {
        return folder.resolve(AUTHORITY + ".pem");
    }

    /// @param names as `dns:localhost,ip:127.0.0.1`
    public Server server(String alias, String names) throws Exception {
        keytool("-genkeypair", "-alias", alias, "-signer", AUTHORITY, "-dname", "CN=" + alias, "-ext", "san=" + names);
        KeyStore all = load();
        var chain = new StringBuilder();
        for (Certificate certificate : all.getCertificateChain(alias)) {
            chain.append(pem("CERTIFICATE", certificate.getEncoded()));
        }
        var key = all.getKey(alias, PASSWORD.toCharArray());
        return new Server(write(folder.resolve(alias + ".pem"), chain.toString()),
                write(folder.resolve(alias + ".key"), pem("PRIVATE KEY", key.getEncoded())),
                serving(alias, all));
    }

    /// For a client that trusts the authority and nobody else.
    public SSLContext trusting() throws Exception {
        KeyStore trusted = empty();
        trusted.setCertificateEntry(AUTHORITY, load().getCertificate(AUTHORITY));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static SSLContext serving(String alias, KeyStore all) throws Exception {
        char[] password = PASSWORD.toCharArray();
        KeyStore own = empty();
        own.setKeyEntry(alias, all.getKey(alias, password), password, all.getCertificateChain(alias));
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, password);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private KeyStore load() throws IOException, GeneralSecurityException {
        var loaded = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            loaded.load(in, PASSWORD.toCharArray());
        }
        return loaded;
    }

    private void keytool(String... words) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(words));
        command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2", "-storetype", "PKCS12",
                "-keystore", store.toString(), "-storepass", PASSWORD));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (keytool.waitFor() != 0) {
            throw new IllegalStateException("keytool failed: " + said);
        }
    }

    private static Path write(Path file, String text) throws IOException {
        return Files.writeString(file, text);
    }

    private static String pem(String what, byte[] der) {
        return "-----BEGIN " + what + "-----\n" + LINES.encodeToString(der) + "\n-----END " + what + "-----\n";
    }
}
