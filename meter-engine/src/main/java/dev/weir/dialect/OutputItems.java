package dev.weir.dialect;

/// Counts the items of a Responses output by what they mean to a meter: calls asked of the client, searches, images.
final class OutputItems {
    /// One item that is passing; its type and its action may come in any order.
    static final class Item {
        private boolean call;
        private boolean search;
        private boolean image;
        private boolean looksElsewhere;

        void clear() {
            call = false;
            search = false;
            image = false;
            looksElsewhere = false;
        }

        void type(byte[] bytes, int from, int to) {
            call = AnswerFields.is("function_call", bytes, from, to)
                    || AnswerFields.is("custom_tool_call", bytes, from, to);
            search = AnswerFields.is("web_search_call", bytes, from, to);
            image = AnswerFields.is("image_generation_call", bytes, from, to);
        }

        void action(byte[] bytes, int from, int to) {
            looksElsewhere = !AnswerFields.is("search", bytes, from, to);
        }
    }

    long calls;
    long searches;
    long images;

    void clear() {
        calls = 0;
        searches = 0;
        images = 0;
    }

    void count(Item item) {
        calls += item.call ? 1 : 0;
        searches += item.search && !item.looksElsewhere ? 1 : 0;
        images += item.image ? 1 : 0;
    }
}
