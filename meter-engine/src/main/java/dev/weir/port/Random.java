package dev.weir.port;

/// Randomness for identifiers and keys: cryptographically strong in production, seeded in the simulator. Any thread.
@FunctionalInterface
public interface Random {
    void nextBytes(byte[] target);
}
