package dev.weir.dialect;

/// A refusal as the client's SDK reads it. The array is the receiver's own.
public record RefusalBody(byte[] bytes, String contentType) {}
