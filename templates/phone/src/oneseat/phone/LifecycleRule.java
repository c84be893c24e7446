package oneseat.phone;

/** Turns the activity's lifecycle into the events that the page reports: why it was left, and when it is back. */
final class LifecycleRule {
    static final String CALL = "call";
    static final String SCREEN_OFF = "screen-off";
    static final String BACKGROUND = "background";
    static final String FOREGROUND = "foreground";
    static final String LOW_BATTERY = "low-battery";

    /** {@code AudioManager.MODE_RINGTONE}; the modes above it are calls, those of the network and of apps. */
    private static final int MODE_RINGTONE = 1;

    private boolean away;

    /**
     * Returns the event of the page's being hidden, or null if it was hidden before.
     *
     * @param interactive whether the screen is on
     * @param audioMode the audio system's mode, which tells a call without the permission to read its number
     */
    String hidden(boolean interactive, int audioMode) {
        if (away) {
            return null;
        }
        away = true;
        if (audioMode >= MODE_RINGTONE) {
            return CALL;
        }
        return interactive ? BACKGROUND : SCREEN_OFF;
    }

    /** Returns the event of the page's being shown, or null if it was never away. */
    String shown() {
        if (!away) {
            return null;
        }
        away = false;
        return FOREGROUND;
    }

    /** Returns the script that hands an event to the page. The code is one of ours, so nothing needs escaping. */
    static String script(String code) {
        return "window.dispatchEvent(new CustomEvent('oneseat-shell',{detail:{code:'" + code + "'}}))";
    }
}
