package dev.weir.spool;

import java.io.IOException;

/// A record written by a later version of Weir. Skipping it would lose it, so reading stops here.
public final class LaterVersionException extends IOException {
    LaterVersionException(int found, int known) {
        super("the spool holds records of version " + found + ", and this Weir reads versions up to " + known
                + ". Start the version that wrote them (or a later one) until they are shipped.");
    }
}
