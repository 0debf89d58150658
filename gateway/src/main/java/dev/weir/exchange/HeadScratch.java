package dev.weir.exchange;

import io.netty.util.concurrent.FastThreadLocal;

/// One array per event loop into which a head is copied to be read: reading a plain array is several times faster than asking a
/// pooled buffer for each byte, and the copy costs a few nanoseconds. Never kept beyond one check.
final class HeadScratch {
    private static final FastThreadLocal<byte[]> ARRAY = new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
            return new byte[HeadLimits.DEFAULT.headMax()];
        }
    };

    private HeadScratch() {}

    static byte[] of(HeadLimits limits) {
        byte[] array = ARRAY.get();
        if (array.length < limits.headMax()) {
            array = new byte[limits.headMax()];
            ARRAY.set(array);
        }
        return array;
    }
}
