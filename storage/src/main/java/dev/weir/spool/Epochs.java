package dev.weir.spool;

import java.io.IOException;
import java.util.List;

/// Who numbers the starts of nodes, so that no two starts of a node's name ever share an epoch, and so no event id is ever given
/// twice: not by a wiped folder, not by an older copy of one, not by two processes of one name.
///
/// Called once at each start, before anything is kept; may wait.
@FunctionalInterface
public interface Epochs {
    /// The folder counts its own starts: right where no other folder can ever use the node's name.
    Epochs OF_FOLDER = Start::atLeast;

    /// Gives the start its epoch and writes down, in the same step, what gaps the start has found.
    ///
    /// @return `atLeast` or more, never given to anybody before
    /// @throws IOException if it cannot be given; the start must not go on
    long begin(Start start) throws IOException;

    /// A start, as far as its folder knows.
    ///
    /// @param atLeast one more than the folder's last epoch
    /// @param foundSeq the last seq that the folder holds of that last epoch, -1 where nothing in it tells
    /// @param gaps open-ended ones that the folder itself shows
    record Start(String node, long atLeast, long foundSeq, List<Gap> gaps) {
        public Start {
            gaps = List.copyOf(gaps);
        }
    }
}
