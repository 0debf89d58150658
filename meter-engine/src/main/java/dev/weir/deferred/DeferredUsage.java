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
    /// Of objects whose content tells the usage of an awaited one (a batch's output file): which one.
    private final ConcurrentHashMap<Key, Key> tellers = new ConcurrentHashMap<>();

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

    /// Notes that the content of another object tells the usage of this one, if this one is awaited: [#take] of either gives
    /// the call then, once. Asking for the object again says so again, after a start too.
    public void toldBy(TenantId tenant, String provider, String objectId, String teller) {
        Key key = key(tenant, provider, objectId);
        if (awaited.containsKey(key) && tellers.size() < AWAITED_MAX) {
            tellers.put(key(tenant, provider, teller), key);
        }
    }

    /// The call that created this object, or the one whose usage it tells, to whoever asks first; null for everybody else.
    public @Nullable Awaited take(TenantId tenant, String provider, String objectId) {
        Key key = key(tenant, provider, objectId);
        Awaited call = awaited.remove(key);
        if (call != null) {
            return call;
        }
        Key told = tellers.get(key);
        return told == null ? null : awaited.remove(told);
    }

    /// Takes the calls that were admitted so long ago that their usage will not come any more, and forgets what is of no use
    /// without them. A call that is put back in this very moment loses its teller only, until its object is asked for again.
    public List<Awaited> takeExpired(Instant now) {
        Instant before = now.minus(KEPT);
        var expired = new ArrayList<Awaited>();
        awaited.forEach((key, call) -> {
            if (call.created().time().isBefore(before) && awaited.remove(key, call)) {
                expired.add(call);
            }
        });
        tellers.values().removeIf(told -> !awaited.containsKey(told));
        return expired;
    }

    public int size() {
        return awaited.size();
    }

    /// How many of the awaited calls hold a reservation: not those of former starts.
    public int reserving() {
        return Math.toIntExact(awaited.values().stream().filter(call -> call.admitted() != null).count());
    }

    private static Key key(TenantId tenant, String provider, String objectId) {
        return new Key(tenant, provider, objectId);
    }
}
