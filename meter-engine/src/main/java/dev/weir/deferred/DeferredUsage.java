package dev.weir.deferred;

import dev.weir.tenant.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The calls of this node whose usage is awaited. Any thread; nothing waits.
///
/// A provider tells such usage in an answer about the object that the call created, and tells it again whenever it is asked.
/// [#take] gives the call to the first asker and to nobody after, so its usage is booked once; usage of an object that nothing
/// awaits here is not booked at all. Who cannot keep the booking puts the call back with [#await].
///
/// The registry is memory. What it holds is rebuilt at the start from events: those flagged `usage_pending` for which no event
/// flagged `usage_deferred` is kept.
public final class DeferredUsage {
    /// How long a provider keeps what was created (OpenAI stores responses for 30 days), and a day to spare.
    public static final Duration KEPT = Duration.ofDays(31);
    static final int AWAITED_MAX = 100_000;

    private record Key(TenantId tenant, String provider, String objectId) {}

    private final ConcurrentHashMap<Key, Awaited> awaited = new ConcurrentHashMap<>();

    /// Whether no more calls can be awaited; a call that ends then is charged like one whose usage cannot be read.
    public boolean isFull() {
        return awaited.size() >= AWAITED_MAX;
    }

    /// Awaits the usage of a call.
    ///
    /// @return false where the same object is awaited already, because the provider answered a repeated request with what the
    ///         first one had created; nothing changes then
    public boolean await(Awaited call) {
        return awaited.putIfAbsent(key(call.tenant(), call.created().provider(), call.objectId()), call) == null;
    }

    /// The call that created this object, to whoever asks first; null for everybody else.
    public @Nullable Awaited take(TenantId tenant, String provider, String objectId) {
        return awaited.remove(key(tenant, provider, objectId));
    }

    /// Takes the calls that were admitted so long ago that their usage will not come any more.
    public List<Awaited> takeExpired(Instant now) {
        Instant before = now.minus(KEPT);
        var expired = new ArrayList<Awaited>();
        awaited.forEach((key, call) -> {
            if (call.created().time().isBefore(before) && awaited.remove(key, call)) {
                expired.add(call);
            }
        });
        return expired;
    }

    public int size() {
        return awaited.size();
    }

    private static Key key(TenantId tenant, String provider, String objectId) {
        return new Key(tenant, provider, objectId);
    }
}
