package dev.weir.dialect;

import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// Which dialect is spoken: the provider, the method and the path decide. A new dialect is a class and a row here.
public final class Dialects {
    private static final Set<String> ANY = Set.of();
    private static final Set<String> OPENAI = Set.of("openai", "azure");
    /// Their batches are the same objects (OpenAI's API reference, and Groq's and Azure's; read 2026-11).
    private static final Set<String> OPENAI_BATCHES = Set.of("openai", "azure", "groq");
    /// They keep files for later calls, without a model reading them.
    private static final Set<String> FILES = Set.of("openai", "azure", "groq", "mistral", "xai", "anthropic", "google",
            "gemini", "together", "fireworks");
    private static final Set<String> ANTHROPIC = Set.of("anthropic");
    private static final Set<String> MISTRAL = Set.of("mistral");
    private static final Set<String> LLAMACPP = Set.of("llamacpp");
    /// Servers of open models that count or lay out a text for whoever asks: no model runs.
    private static final Set<String> OPEN_SERVERS = Set.of("llamacpp", "vllm", "tgi");
    private static final Set<String> TGI = Set.of("tgi", "huggingface");
    private static final Set<String> CLOUDFLARE = Set.of("cloudflare");
    private static final Set<String> COHERE = Set.of("cohere", "sandbox");
    private static final Set<String> OLLAMA = Set.of("ollama", "sandbox");
    private static final Set<String> OLLAMA_FREE = Set.of("/api/show", "/api/pull", "/api/push", "/api/create",
            "/api/copy");
    private static final Set<String> AI_STUDIO = Set.of("google", "gemini");
    private static final Set<String> GOOGLE = Set.of("google", "gemini", "vertex");

    /// @param method as on the wire
    /// @param providers whose paths these are; empty: everybody's
    /// @param path what the path behind the route's name must fulfil
    private record Row(String method, Set<String> providers, Predicate<String> path,
            BiFunction<String, String, Dialect> dialect) {
        boolean fits(String method, String provider, String path) {
            return this.method.equals(method) && (providers.isEmpty() || providers.contains(provider))
                    && this.path.test(path);
        }
    }

    /// The first row that fits counts; where none does, the path passes unread.
    private static final List<Row> ROWS = List.of(
            new Row("GET", ANY, path -> path.endsWith("/realtime"), (provider, path) -> new OpenAiRealtime(provider)),
            new Row("GET", GOOGLE, path -> path.startsWith("/ws/") && path.contains("BidiGenerateContent"),
                    (provider, path) -> new GeminiLive()),
            post("/chat/completions", OpenAiChat::new),
            post("/agents/completions", OpenAiChat::new),
            post("/responses", OpenAiResponses::new),
            post("/responses/compact", OpenAiResponses::new),
            lookUp("GET", "/responses/{id}", OpenAiResponses::new),
            lookUp("POST", "/responses/{id}/cancel", OpenAiResponses::new),
            creates("/threads/runs", provider -> new OpenAiRuns()),
            creates("/threads/{id}/runs", provider -> new OpenAiRuns()),
            lookUp("GET", "/threads/{id}/runs/{id}", provider -> new OpenAiRuns()),
            lookUp("POST", "/threads/{id}/runs/{id}", provider -> new OpenAiRuns()),
            lookUp("POST", "/threads/{id}/runs/{id}/cancel", provider -> new OpenAiRuns()),
            lookUp("POST", "/threads/{id}/runs/{id}/submit_tool_outputs", provider -> new OpenAiRuns()),
            free("/threads"), free("/threads/{id}"), free("/threads/{id}/messages"),
            free("/threads/{id}/messages/{id}"),
            free("/assistants"), free("/assistants/{id}"), free("/conversations"), free("/conversations/{id}/items"),
            post("/responses/input_tokens", provider -> new Passthrough(true, RefusalWords.OPENAI)),
            post("/images/generations", OpenAiImages::new),
            post("/images/edits", OpenAiImages::new),
            post("/images/variations", OpenAiImages::new),
            post("/audio/transcriptions", OpenAiTranscription::new),
            post("/audio/translations", OpenAiTranscription::new),
            post("/audio/speech", OpenAiSpeech::new),
            post(MISTRAL, "/fim/completions", provider -> new Mistral(Mistral.Task.FIM)),
            post(MISTRAL, "/moderations", provider -> new Mistral(Mistral.Task.MODERATION)),
            post(MISTRAL, "/ocr", provider -> new Mistral(Mistral.Task.OCR)),
            new Row("POST", MISTRAL, path -> path.contains("/conversations"),
                    (provider, path) -> new Mistral(Mistral.Task.CONVERSATION)),
            post("/moderations", InputOnly::moderations),
            batches(ANY, "/messages/batches", Batches.Maker.ANTHROPIC),
            batch(ANY, "GET", "/messages/batches/{id}", Batches.Maker.ANTHROPIC),
            batch(ANY, "POST", "/messages/batches/{id}/cancel", Batches.Maker.ANTHROPIC),
            batchAnswers(ANY, "/messages/batches/", "/results", Batches.Maker.ANTHROPIC),
            batches(OPENAI_BATCHES, "/batches", Batches.Maker.OPENAI),
            batch(OPENAI_BATCHES, "GET", "/batches/{id}", Batches.Maker.OPENAI),
            batch(OPENAI_BATCHES, "POST", "/batches/{id}/cancel", Batches.Maker.OPENAI),
            batchAnswers(OPENAI_BATCHES, "/files/", "/content", Batches.Maker.OPENAI),
            new Row("POST", AI_STUDIO, path -> GoogleVerb.is("batchGenerateContent", path),
                    (provider, path) -> new Batches(Batches.Maker.GEMINI)),
            batch(AI_STUDIO, "GET", "/batches/{id}", Batches.Maker.GEMINI),
            batchAnswers(AI_STUDIO, "/files/", ":download", Batches.Maker.GEMINI),
            new Row("POST", AI_STUDIO, path -> path.contains("/batches/") && path.endsWith(":cancel"),
                    (provider, path) -> new Passthrough(true, RefusalWords.GEMINI)),
            new Row("POST", FILES, path -> path.endsWith("/files"),
                    (provider, path) -> new Passthrough(true, RefusalWords.of(provider, path))),
            free("/uploads"), free("/uploads/{id}/parts"), free("/uploads/{id}/complete"), free("/uploads/{id}/cancel"),
            post("/messages", provider -> new AnthropicMessages()),
            new Row("POST", ANY, path -> path.contains("/publishers/anthropic/")
                    && (path.endsWith(":rawPredict") || path.endsWith(":streamRawPredict")),
                    (provider, path) -> new AnthropicMessages()),
            post("/messages/count_tokens", provider -> new Passthrough(true, RefusalWords.ANTHROPIC)),
            bedrock("/converse", path -> new BedrockConverse(false)),
            bedrock("/converse-stream", path -> new BedrockConverse(true)),
            bedrock("/invoke", path -> new BedrockInvoke(false, InvokeFamily.of(path))),
            bedrock("/invoke-with-response-stream", path -> new BedrockInvoke(true, InvokeFamily.of(path))),
            bedrock("/count-tokens", path -> new Passthrough(true, RefusalWords.BEDROCK)),
            new Row("POST", OLLAMA, Dialects::handlesModels,
                    (provider, path) -> new Passthrough(true, RefusalWords.SENTENCE)),
            post(OLLAMA, "/api/chat", provider -> new Ollama(Ollama.Task.CHAT)),
            post(OLLAMA, "/api/generate", provider -> new Ollama(Ollama.Task.GENERATE)),
            post(OLLAMA, "/api/embed", provider -> new Ollama(Ollama.Task.EMBED)),
            post(OLLAMA, "/api/embeddings", provider -> new Ollama(Ollama.Task.EMBED)),
            post("/embeddings", InputOnly::embeddings),
            post(COHERE, "/v2/chat", provider -> new Cohere(Cohere.Task.CHAT)),
            post(COHERE, "/v1/chat", provider -> new Cohere(Cohere.Task.CHAT_V1)),
            post(COHERE, "/v1/generate", provider -> new Cohere(Cohere.Task.GENERATE)),
            post(COHERE, "/embed", provider -> new Cohere(Cohere.Task.EMBED)),
            post(COHERE, "tokenize", provider -> new Passthrough(true, RefusalWords.COHERE)),
            post("/rerank", Rerank::new),
            post(ANTHROPIC, "/v1/complete", provider -> new AnthropicComplete()),
            post(LLAMACPP, "/completion", provider -> new LlamaCpp()),
            post(LLAMACPP, "/infill", provider -> new LlamaCpp()),
            new Row("POST", LLAMACPP, "/completions"::equals, (provider, path) -> new LlamaCpp()),
            post("/completions", OpenAiCompletions::new),
            post(OPEN_SERVERS, "tokenize", provider -> new Passthrough(true, RefusalWords.OPENAI)),
            post(OPEN_SERVERS, "/apply-template", provider -> new Passthrough(true, RefusalWords.OPENAI)),
            post(TGI, "/generate", provider -> new TgiGenerate()),
            post(TGI, "/generate_stream", provider -> new TgiGenerate()),
            new Row("POST", TGI, path -> path.equals("/") || path.startsWith(TgiGenerate.MODELS),
                    (provider, path) -> new TgiGenerate()),
            new Row("POST", CLOUDFLARE, CloudflareRun::runs, (provider, path) -> new CloudflareRun()),
            google("generateContent", new Gemini(false)),
            google("streamGenerateContent", new Gemini(true)),
            google("embedContent", new GeminiEmbed()),
            google("batchEmbedContents", new GeminiEmbed()),
            google("predict", new GeminiPredict()),
            post(GOOGLE, "/interactions", provider -> new GeminiInteractions()),
            new Row("GET", GOOGLE, endsWith("/interactions/{id}"),
                    (provider, path) -> new LookUp(new GeminiInteractions())),
            new Row("POST", GOOGLE, endsWith("/interactions/{id}/cancel"),
                    (provider, path) -> new LookUp(new GeminiInteractions())),
            // Counting, and asking how a film that was begun with :predictLongRunning comes on.
            google("countTokens", new Passthrough(true, RefusalWords.GEMINI)),
            google("computeTokens", new Passthrough(true, RefusalWords.GEMINI)),
            google("fetchPredictOperation", new Passthrough(true, RefusalWords.GEMINI)));

    private Dialects() {}

    /// Ollama's calls that fetch, copy or describe models: no model runs.
    private static boolean handlesModels(String path) {
        return path.startsWith("/api/blobs/") || OLLAMA_FREE.contains(path);
    }

    private static Row post(String ending, Function<String, Dialect> dialect) {
        return post(ANY, ending, dialect);
    }

    /// @param ending how the path ends
    private static Row post(Set<String> providers, String ending, Function<String, Dialect> dialect) {
        return new Row("POST", providers, path -> path.endsWith(ending), (provider, path) -> dialect.apply(provider));
    }

    /// @param ending how the path ends; `{id}` stands for one segment
    private static Row creates(String ending, Function<String, Dialect> dialect) {
        return new Row("POST", ANY, endsWith(ending), (provider, path) -> dialect.apply(provider));
    }

    /// @param of the dialect of what was created
    private static Row lookUp(String method, String ending, Function<String, Dialect> of) {
        return new Row(method, ANY, endsWith(ending), (provider, path) -> new LookUp(of.apply(provider)));
    }

    /// @param ending how the path ends
    private static Row batches(Set<String> providers, String ending, Batches.Maker maker) {
        return new Row("POST", providers, path -> path.endsWith(ending), (provider, path) -> new Batches(maker));
    }

    /// @param ending how the path ends; `{id}` stands for one segment
    private static Row batch(Set<String> providers, String method, String ending, Batches.Maker maker) {
        return new Row(method, providers, endsWith(ending), (provider, path) -> new LookUp(new Batches(maker)));
    }

    /// @param collection what stands before the id, and `ending` what behind it, to the path's end
    private static Row batchAnswers(Set<String> providers, String collection, String ending, Batches.Maker maker) {
        return new Row("GET", providers,
                endsWith(collection + "{id}" + ending),
                (provider, path) -> new BatchAnswers(maker, path.substring(
                        path.lastIndexOf(collection) + collection.length(), path.length() - ending.length())));
    }

    /// What OpenAI keeps for later calls, without a model reading it.
    private static Row free(String ending) {
        return new Row("POST", OPENAI, endsWith(ending),
                (provider, path) -> new Passthrough(true, RefusalWords.OPENAI));
    }

    private static Predicate<String> endsWith(String ending) {
        int id = ending.indexOf("{id}");
        if (id < 0) {
            return path -> path.endsWith(ending);
        }
        String begin = ending.substring(0, id);
        Predicate<String> whole = Pattern.compile(ending.replace("{id}", "[^/]+") + "$").asPredicate();
        return path -> path.contains(begin) && whole.test(path);
    }

    private static Row google(String verb, Dialect dialect) {
        return new Row("POST", ANY, path -> GoogleVerb.is(verb, path), (provider, path) -> dialect);
    }

    /// `/model/{id}/{verb}` of AWS Bedrock; nobody else has such paths, so whoever answers on them speaks its dialect.
    private static Row bedrock(String verb, Function<String, Dialect> dialect) {
        return new Row("POST", ANY, path -> BedrockModel.isAsked(verb, path),
                (provider, path) -> dialect.apply(path));
    }

    /// Many servers answer on `/v1//messages/` as on `/v1/messages`, so what is spoken there is the same.
    private static String withoutEmptySegments(String path) {
        String plain = path;
        while (plain.contains("//")) {
            plain = plain.replace("//", "/");
        }
        return plain.length() > 1 && plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain;
    }

    /// The dialect of a request.
    ///
    /// @param provider the route's provider, `openai`
    /// @param method the request's method, as on the wire
    /// @param path the path behind the route's name, normal, without query
    public static Dialect of(String provider, String method, String path) {
        String plain = withoutEmptySegments(path);
        for (Row row : ROWS) {
            if (row.fits(method, provider, plain)) {
                return row.dialect.apply(provider, plain);
            }
        }
        return new Passthrough(!method.equals("POST"), RefusalWords.of(provider, path));
    }
}
