package dev.weir.config;

import java.nio.file.Path;

/// The PEM files of a TLS server.
///
/// @param cert the certificate chain, the server's own first
/// @param key its private key, PKCS#8
public record TlsFiles(Path cert, Path key) {}
