package oneseat.phone;

import android.os.Handler;
import android.os.Looper;
import android.webkit.JavascriptInterface;
import java.io.IOException;

/**
 * The object {@code OneSeatShell} of the page. Its methods run on a thread of the WebView, so what touches the
 * window is posted to the main thread. Each refuses while the page shown is not the exam room's.
 */
final class Shell {
    /** The name under which the page finds it. */
    static final String NAME = "OneSeatShell";

    private final MainActivity activity;
    private final RoomPage page;
    private final String build;
    private final Handler main = new Handler(Looper.getMainLooper());

    Shell(MainActivity activity, RoomPage page, String build) {
        this.activity = activity;
        this.page = page;
        this.build = build;
    }

    /** Returns the licence in this app; empty if there is none or the file cannot be read. */
    @JavascriptInterface
    public String licence() {
        try {
            return page.isOurs() ? OwnApk.licence(apk()) : "";
        } catch (IOException unreadable) {
            return "";
        }
    }

    /** Returns the digest of this app in hexadecimal; empty if the file cannot be read. */
    @JavascriptInterface
    public String digest() {
        try {
            return page.isOurs() ? OwnApk.digest(apk()) : "";
        } catch (IOException unreadable) {
            return "";
        }
    }

    /** Returns what the system says about the phone, a JSON object. */
    @JavascriptInterface
    public String facts() {
        return page.isOurs() ? PhoneFacts.json(activity, build) : "{}";
    }

    /** Keeps the app alive and the screen on, as long as the page records. */
    @JavascriptInterface
    public void recording(final boolean on) {
        if (page.isOurs()) {
            main.post(new Runnable() {
                @Override
                public void run() {
                    activity.setRecording(on);
                }
            });
        }
    }

    /** Says that everything is stored, so that the back key may close the app. */
    @JavascriptInterface
    public void finished() {
        if (page.isOurs()) {
            main.post(new Runnable() {
                @Override
                public void run() {
                    activity.setFinished();
                }
            });
        }
    }

    private String apk() {
        return activity.getApplicationInfo().sourceDir;
    }
}
