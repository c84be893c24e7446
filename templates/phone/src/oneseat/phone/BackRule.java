package oneseat.phone;

/** Decides what the back key does: it never ends a recording by accident. */
final class BackRule {
    /** What the back key does. */
    enum Act {
        /** Say that a recording runs, and stay. */
        STAY,
        /** Put the app behind the others, where it lives on. */
        HIDE,
        /** Close the app. */
        CLOSE
    }

    private BackRule() {}

    static Act pressed(boolean recording, boolean finished) {
        if (recording) {
            return Act.STAY;
        }
        return finished ? Act.CLOSE : Act.HIDE;
    }
}
