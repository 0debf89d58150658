package dev.weir.dialect;

/// OpenAI Images, `POST …/images/{generations,edits,variations}`, of OpenAI and of every host that speaks its format.
///
/// @param provider whose rules apply where hosts differ
public record OpenAiImages(String provider) implements Dialect {
    @Override
    public String id() {
        return "openai.images";
    }

    @Override
    public RequestReading readRequest(RequestHead head, byte[] body, int length) {
        return OpenAiImagesForm.isForm(head)
                ? new OpenAiImagesForm(provider, PathModel.of(head.path()), body, length).read(head)
                : new OpenAiImagesRequest(provider, head.path(), body, length).read();
    }

    @Override
    public boolean putsOutText() {
        return false;
    }

    @Override
    public RefusalBody refusal(RefusalShape refusal) {
        return RefusalWords.OPENAI.put(refusal);
    }

    @Override
    public AnswerScanner answer(OutputListener output) {
        return new AnswerScanner(new OpenAiImagesAnswer(output));
    }
}
