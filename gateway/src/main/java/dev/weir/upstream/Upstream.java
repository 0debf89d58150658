package dev.weir.upstream;

import dev.weir.config.AwsHost;
import dev.weir.config.AwsKey;
import dev.weir.config.Credential;
import dev.weir.config.RouteConfig;
import dev.weir.config.Secret;
import dev.weir.config.UpstreamUrl;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The connections of one event loop to one upstream host, and how a request to it is begun.
///
/// Event loop of its owner only. A name is resolved by the JDK's resolver on a worker thread and kept for 30 seconds; of its
/// addresses those are used that the route allows, the next one when one cannot be reached. Behind an outbound proxy the proxy
/// resolves. No redirect is followed and nothing is decompressed.
public final class Upstream {
    private static final long RESOLVED_FOR_NANOS = 30_000_000_000L;
    private static final int WAITING_MAX = 10_000;
    private static final int KEEP_ALIVE_SECONDS = 30;

    private final Vertx vertx;
    private final HttpClient client;
    private final RouteConfig route;
    private final UpstreamUrl url;
    private final boolean allowPrivate;
    private final @Nullable SigV4 signer;

    private InetAddress @Nullable [] addresses;
    private long resolvedAtNanos;
    private int next;

    private Upstream(Vertx vertx, RouteConfig route, UpstreamUrl url, boolean allowPrivate, int loops) {
        this.vertx = vertx;
        this.route = route;
        this.url = url;
        this.allowPrivate = allowPrivate;
        this.signer = signer(route, url);
        this.client = vertx.createHttpClient(clientOptions(route, url), new PoolOptions()
                .setHttp1MaxSize(Math.ceilDiv(route.connections(), loops))
                .setMaxWaitQueueSize(WAITING_MAX));
    }

    /// The upstream of a route. Nothing is opened yet; connections are made when needed and closed with the caller's context.
    ///
    /// @param sandbox where the sandbox inside this process listens, for the route that leads there
    /// @param loops how many event loops share the route's connections
    public static Upstream of(Vertx vertx, RouteConfig route, UpstreamUrl sandbox, int loops) {
        return route.upstream()
                .map(url -> new Upstream(vertx, route, url, route.allowPrivate(), loops))
                .orElseGet(() -> new Upstream(vertx, route, sandbox, true, loops));
    }

    public RouteConfig route() {
        return route;
    }

    /// Signs for the service and region that the host's name tells, else for Bedrock in the route's region. Null where the
    /// route does not say `sigv4`.
    private static @Nullable SigV4 signer(RouteConfig route, UpstreamUrl url) {
        if (!route.credentialForm().signs() || !(route.credential() instanceof Credential.Given(Secret secret))) {
            return null;
        }
        AwsHost host = AwsHost.of(url.host()).orElseGet(() -> new AwsHost(AwsHost.BEDROCK, route.region()));
        return AwsKey.of(secret).map(key -> new SigV4(key, host.region(), host.service())).orElse(null);
    }

    /// Signs a request that is complete but for its body, where the route's credential is a key to sign with; else does
    /// nothing. What is signed: method, path, query, host, type and every `x-amz-` header, and the body.
    public void sign(HttpClientRequest request, Buffer body, Instant now) {
        if (signer == null) {
            return;
        }
        Map<String, String> signed = new HashMap<>();
        signed.put("host", url.authority());
        for (String name : request.headers().names()) {
            String plain = name.toLowerCase(Locale.ROOT);
            if (plain.startsWith("x-amz-") || plain.equals("content-type")) {
                signed.put(plain, String.join(",", request.headers().getAll(name)));
            }
        }
        byte[] bytes = body.getBytes();
        request.putHeader("host", url.authority());
        signer.sign(request.getMethod().name(), request.getURI(), signed, bytes, bytes.length, now)
                .forEach(request::putHeader);
    }

    /// Connects, or takes a connection from the pool, and gives the request to be sent on it.
    ///
    /// @param target path and query as the client sent them behind the route's name
    /// @return fails where no connection could be had: nothing was sent then
    public Future<HttpClientRequest> begin(HttpMethod method, String target, MultiMap headers) {
        var options = new RequestOptions().setMethod(method)
                .setHost(url.host())
                .setPort(url.port())
                .setURI(url.prefix() + target)
                .setHeaders(headers)
                .setFollowRedirects(false);
        if (route.proxy().isPresent()) {
            return client.request(options);
        }
        InetAddress[] known = addresses;
        if (known != null && System.nanoTime() - resolvedAtNanos < RESOLVED_FOR_NANOS) {
            return connect(options, known);
        }
        return resolve().compose(found -> connect(options, found));
    }

    private Future<HttpClientRequest> connect(RequestOptions options, InetAddress[] to) {
        InetAddress address = to[Math.floorMod(next, to.length)];
        return client.request(options.setServer(SocketAddress.inetSocketAddress(url.port(), address.getHostAddress())))
                .onFailure(unreachable -> next++);
    }

    private Future<InetAddress[]> resolve() {
        return vertx.executeBlocking(this::resolveBlocking, false).map(Objects::requireNonNull).onSuccess(found -> {
            addresses = found;
            resolvedAtNanos = System.nanoTime();
        });
    }

    private InetAddress[] resolveBlocking() throws UnknownHostException {
        return AddressRules.allowed(url.host(), InetAddress.getAllByName(url.host()), allowPrivate);
    }

    private static HttpClientOptions clientOptions(RouteConfig route, UpstreamUrl url) {
        var options = new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_1_1)
                .setSsl(url.tls())
                .setVerifyHost(true)
                .setKeepAlive(true)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setConnectTimeout(Math.toIntExact(route.deadlines().connect().toMillis()))
                .setDecompressionSupported(false)
                .setPipelining(false)
                .setMaxInitialLineLength(8_192)
                .setMaxHeaderSize(65_536)
                .setMaxChunkSize(65_536)
                .setTcpNoDelay(true);
        route.ca().ifPresent(pem -> options.setTrustOptions(new PemTrustOptions().addCertPath(pem.toString())));
        route.proxy()
                .ifPresent(proxy -> options.setProxyOptions(
                        new ProxyOptions().setType(ProxyType.HTTP).setHost(proxy.host()).setPort(proxy.port())));
        return options;
    }
}
