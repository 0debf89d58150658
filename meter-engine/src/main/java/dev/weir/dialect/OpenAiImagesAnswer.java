package dev.weir.dialect;

import static dev.weir.dialect.OpenAiImagesAnswer.Field.*;

import dev.weir.dialect.JsonPaths.Strings;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to an answer with images: whole, or as events of which each `….completed` is one image.
///
/// Models sold by tokens tell their usage; of the others the images are counted (`data[]`). Images of several completed events
/// are several images, and their usage objects are of one image each, so they are added up.
final class OpenAiImagesAnswer extends AnswerFields<OpenAiImagesAnswer.Field> {
    enum Field {
        MODEL,
        ID,
        ERROR,
        ERROR_TYPE,
        TYPE,
        DATA,
        IMAGE,
        USAGE,
        INPUT,
        OUTPUT,
        IMAGE_INPUT,
        IMAGE_OUTPUT,
        CACHED,
        COST_TICKS
    }

    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>()
            .add(MODEL, Strings.WHOLE, "model")
            .add(ID, Strings.WHOLE, "id")
            .add(ERROR, Strings.WHOLE, "error")
            .add(ERROR_TYPE, Strings.WHOLE, "error.type", "error.code")
            .add(TYPE, Strings.WHOLE, "type")
            .add(DATA, Strings.WHOLE, "data")
            .add(IMAGE, Strings.WHOLE, "data[]")
            .add(USAGE, Strings.WHOLE, "usage")
            .add(INPUT, Strings.WHOLE, "usage.input_tokens")
            .add(OUTPUT, Strings.WHOLE, "usage.output_tokens")
            .add(IMAGE_INPUT, Strings.WHOLE, "usage.input_tokens_details.image_tokens")
            .add(IMAGE_OUTPUT, Strings.WHOLE, "usage.output_tokens_details.image_tokens")
            .add(COST_TICKS, Strings.WHOLE, "usage.cost_in_usd_ticks")
            .add(CACHED, Strings.WHOLE, "usage.input_tokens_details.cached_tokens");

    private final Counts<Field> passing = new Counts<>(Field.class);
    private final Quantities.Builder told = Quantities.builder();
    private final ReportedCost cost = new ReportedCost();
    private long images;
    private boolean imagesTold;
    private boolean completedHere;
    private boolean usageTold;
    private @Nullable ModelId model;
    private @Nullable String id;
    private @Nullable String error;

    OpenAiImagesAnswer(OutputListener output) {
        super(output);
    }

    @Override
    JsonPaths<Field> paths() {
        return PATHS;
    }

    @Override
    void enter(Field field) {
        switch (field) {
            case USAGE -> passing.clear();
            case IMAGE -> images++;
            case ERROR -> error = error == null ? "error" : error;
            default -> {
            }
        }
    }

    @Override
    void leave(Field field) {
        if (field == USAGE && passing.has(OUTPUT)) {
            usageTold = true;
            add(Meter.TOKENS_IN, INPUT);
            add(Meter.TOKENS_OUT, OUTPUT);
            add(Meter.IMAGE_IN, IMAGE_INPUT);
            add(Meter.IMAGE_OUT, IMAGE_OUTPUT);
            add(Meter.CACHE_READ, CACHED);
        }
        imagesTold |= field == DATA;
    }

    private void add(Meter meter, Field field) {
        if (passing.has(field)) {
            told.add(meter, passing.get(field), Provenance.REPORTED);
        }
    }

    @Override
    void documentEnd() {
        if (completedHere) {
            images++;
            imagesTold = true;
        }
        completedHere = false;
    }

    @Override
    boolean exactNumber(Field field, byte[] bytes, int from, int to) {
        if (field == COST_TICKS) {
            cost.told(bytes, from, to, ReportedCost.TICKS);
        }
        return field == COST_TICKS;
    }

    @Override
    void number(Field field, long value) {
        passing.set(field, value);
    }

    @Override
    void string(Field field, byte[] bytes, int from, int to) {
        switch (field) {
            case MODEL -> model = model == null ? model(bytes, from, to) : model;
            case ID -> id = id == null ? name(bytes, from, to) : id;
            case ERROR -> error = "error";
            case ERROR_TYPE -> error = name(bytes, from, to) instanceof String type ? type : "error";
            case TYPE -> completedHere = is("image_generation.completed", bytes, from, to)
                    || is("image_edit.completed", bytes, from, to);
            default -> {
            }
        }
    }

    @Override
    AnswerFacts facts() {
        var quantities = told.build().toBuilder();
        if (imagesTold || images > 0) {
            quantities.reported(Meter.IMAGES_GENERATED, images);
        }
        boolean all = usageTold || imagesTold && error == null;
        return new AnswerFacts(all ? AnswerFacts.Usage.LATEST : AnswerFacts.Usage.NONE, quantities.build(), List.of(),
                model, id, null, error, imagesTold, contentSeen()).withCost(cost);
    }
}
