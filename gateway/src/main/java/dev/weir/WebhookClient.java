package dev.weir;

import dev.weir.config.WebhookUrl;
import dev.weir.jobs.Deliveries;
import dev.weir.upstream.AddressRules;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Posts alerts. Virtual threads only: it waits.
///
/// The receiver's address is looked up for each request, checked (G11.2), and the checked one is dialled; no redirect is
/// followed, no connection kept, and of the answer nothing but the status is used.
final class WebhookClient implements Deliveries.Sender {
    private static final Duration CONNECT_MAX = Duration.ofSeconds(5);
    private static final Duration WHOLE_MAX = Duration.ofSeconds(12);
    private static final int AT_ONCE = 64;

    private final HttpClient client;
    private final HttpClient tlsClient;
    private final boolean allowPrivate;
    private final String version;
    private final Duration wholeMax;

    /// @param allowPrivate whether receivers may be on this machine or a private network, and spoken to without TLS
    WebhookClient(Vertx vertx, boolean allowPrivate, String version) {
        this(vertx, allowPrivate, version, WHOLE_MAX);
    }

    /// @param wholeMax what a request may take, name, connection and answer together; shorter than [Deliveries#CLAIM]
    WebhookClient(Vertx vertx, boolean allowPrivate, String version, Duration wholeMax) {
        this.wholeMax = wholeMax;
        this.allowPrivate = allowPrivate;
        this.version = version;
        this.client = client(vertx, false);
        this.tlsClient = client(vertx, true);
    }

    private static HttpClient client(Vertx vertx, boolean tls) {
        return vertx.createHttpClient(new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_1_1)
                .setSsl(tls)
                .setVerifyHost(true)
                .setKeepAlive(false)
                .setConnectTimeout(Math.toIntExact(CONNECT_MAX.toMillis()))
                .setDecompressionSupported(false), new PoolOptions().setHttp1MaxSize(AT_ONCE));
    }

    @Override
    public Deliveries.Answer post(String url, Map<String, String> headers, byte[] body) throws InterruptedException {
        try {
            WebhookUrl to = WebhookUrl.parse(url, allowPrivate);
            InetAddress address = AddressRules.allowed(to.host(), InetAddress.getAllByName(to.host()), allowPrivate,
                    "alerts.allow-private: true")[0];
            return new Deliveries.Answer(send(to, address, headers, body).toCompletionStage()
                    .toCompletableFuture()
                    .get(wholeMax.toMillis(), TimeUnit.MILLISECONDS), "");
        } catch (ExecutionException e) {
            return failed(reason(e));
        } catch (TimeoutException e) {
            return failed("no answer within " + wholeMax.toMillis() + " ms");
        } catch (IllegalArgumentException e) {
            return failed("its URL " + e.getMessage());
        } catch (UnknownHostException e) {
            return failed(e.getMessage() == null ? "its host is not known" : e.getMessage());
        }
    }

    private Future<Integer> send(WebhookUrl to, InetAddress address, Map<String, String> headers, byte[] body) {
        var options = new RequestOptions().setMethod(HttpMethod.POST)
                .setHost(to.host())
                .setPort(to.port())
                .setURI(to.target())
                .setServer(SocketAddress.inetSocketAddress(to.port(), address.getHostAddress()))
                .setFollowRedirects(false)
                .setConnectTimeout(CONNECT_MAX.toMillis())
                .setIdleTimeout(wholeMax.toMillis());
        headers.forEach(options::putHeader);
        options.putHeader("User-Agent", "weir/" + version);
        return (to.tls() ? tlsClient : client).request(options)
                .compose(request -> request.send(Buffer.buffer(body)))
                .map(WebhookClient::status);
    }

    /// What follows the head is of no use, and its end is not waited for.
    private static int status(HttpClientResponse response) {
        int status = response.statusCode();
        response.request().connection().close();
        return status;
    }

    private static Deliveries.Answer failed(String why) {
        return new Deliveries.Answer(0, why);
    }

    private static String reason(ExecutionException e) {
        Throwable failure = e.getCause() == null ? e : e.getCause();
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }
}
