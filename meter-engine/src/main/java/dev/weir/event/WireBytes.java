package dev.weir.event;

/// Payload bytes on the four edges of an attempt, after transfer coding and before content decoding (G1.4). 0 or more.
///
/// @param clientIn received from the client
/// @param upstreamOut sent to the upstream
/// @param upstreamIn received from the upstream
/// @param clientOut sent to the client
public record WireBytes(long clientIn, long upstreamOut, long upstreamIn, long clientOut) {
    public static final WireBytes NONE = new WireBytes(0, 0, 0, 0);

    public long egress() {
        return upstreamOut + clientOut;
    }

    public long ingress() {
        return clientIn + upstreamIn;
    }
}
