package oneseat.phone;

/** What the shell knows about the phone, as the JSON object that the page expects. */
final class Facts {
    private final StringBuilder json = new StringBuilder("{");

    Facts add(String name, long value) {
        return member(name, Long.toString(value));
    }

    Facts add(String name, boolean value) {
        return member(name, Boolean.toString(value));
    }

    Facts add(String name, String value) {
        return member(name, quoted(value == null ? "" : value));
    }

    private Facts member(String name, String value) {
        if (json.length() > 1) {
            json.append(',');
        }
        json.append(quoted(name)).append(':').append(value);
        return this;
    }

    @Override
    public String toString() {
        return json + "}";
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char each : text.toCharArray()) {
            // A model's name comes from its maker and may hold anything.
            if (each == '"' || each == '\\' || each < ' ' || each > '~') {
                quoted.append(String.format("\\u%04x", (int) each));
            } else {
                quoted.append(each);
            }
        }
        return quoted.append('"').toString();
    }
}
