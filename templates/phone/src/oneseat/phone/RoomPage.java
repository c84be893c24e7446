package oneseat.phone;

import android.graphics.Bitmap;
import android.webkit.PermissionRequest;
import android.webkit.RenderProcessGoneDetail;
import android.webkit.WebChromeClient;
import android.webkit.WebResourceRequest;
import android.webkit.WebResourceResponse;
import android.webkit.WebSettings;
import android.webkit.WebView;
import android.webkit.WebViewClient;
import java.io.ByteArrayInputStream;

/** Shows the phone page of the exam room in a WebView, and nothing of any other origin. */
final class RoomPage {
    private final MainActivity activity;
    private final WebView web;
    private final ExamFile exam;
    private final Origin ours;
    private final PermissionRule permissions;
    private volatile boolean shown;
    private PermissionRequest waiting;

    RoomPage(MainActivity activity, ExamFile exam) {
        this.activity = activity;
        this.exam = exam;
        ours = Origin.of(exam.pageUrl);
        permissions = new PermissionRule(ours);
        web = new WebView(activity);
        configure(web.getSettings());
        web.setWebViewClient(new Navigation());
        web.setWebChromeClient(new Permissions());
        web.addJavascriptInterface(new Shell(activity, this, exam.build), Shell.NAME);
    }

    WebView view() {
        return web;
    }

    void open() {
        web.loadUrl(exam.pageUrl);
    }

    /** Whether the page shown is the exam room's; asked on any thread. */
    boolean isOurs() {
        return shown;
    }

    /** Hands an event to the page; null is no event. */
    void report(String code) {
        if (code != null && shown) {
            web.evaluateJavascript(LifecycleRule.script(code), null);
        }
    }

    /** Answers the page's waiting request, after the candidate answered the system's question. */
    void permissionsAnswered() {
        if (waiting != null) {
            PermissionRequest request = waiting;
            waiting = null;
            grantOrDeny(request);
        }
    }

    void close() {
        shown = false;
        web.destroy();
    }

    private static void configure(WebSettings settings) {
        settings.setJavaScriptEnabled(true);
        settings.setDomStorageEnabled(true);
        settings.setAllowFileAccess(false);
        settings.setAllowContentAccess(false);
        settings.setMixedContentMode(WebSettings.MIXED_CONTENT_NEVER_ALLOW);
        settings.setSafeBrowsingEnabled(true);
        settings.setGeolocationEnabled(false);
        settings.setJavaScriptCanOpenWindowsAutomatically(false);
        settings.setSupportMultipleWindows(false);
        settings.setMediaPlaybackRequiresUserGesture(false);
        settings.setUserAgentString(settings.getUserAgentString() + " OneSeatPhone/1");
    }

    private String[] grantable(PermissionRequest request) {
        return permissions.grantable(request.getOrigin().toString(), request.getResources());
    }

    private void grantOrDeny(PermissionRequest request) {
        String[] resources = grantable(request);
        if (resources.length > 0 && activity.holds(PermissionRule.needed(resources))) {
            request.grant(resources);
        } else {
            request.deny();
        }
    }

    /** Keeps the WebView on our origin: links, forms, redirects and scripts lead nowhere else. */
    private final class Navigation extends WebViewClient {
        @Override
        public boolean shouldOverrideUrlLoading(WebView view, WebResourceRequest request) {
            return !ours.owns(request.getUrl().toString());
        }

        @Override
        public WebResourceResponse shouldInterceptRequest(WebView view, WebResourceRequest request) {
            // A form that posts elsewhere does not come by the method above.
            if (request.isForMainFrame() && !ours.owns(request.getUrl().toString())) {
                return new WebResourceResponse("text/plain", "utf-8", new ByteArrayInputStream(new byte[0]));
            }
            return null;
        }

        @Override
        public void onPageStarted(WebView view, String url, Bitmap icon) {
            shown = ours.owns(url);
            if (!shown) {
                view.stopLoading();
                open();
            }
        }

        @Override
        public boolean onRenderProcessGone(WebView view, RenderProcessGoneDetail detail) {
            // Without this Android would end the app. The page finds its stored parts when it is opened again.
            shown = false;
            activity.recreate();
            return true;
        }
    }

    /** Gives the page camera and microphone, asking the candidate first where the system does not allow them yet. */
    private final class Permissions extends WebChromeClient {
        @Override
        public void onPermissionRequest(PermissionRequest request) {
            String[] needed = PermissionRule.needed(grantable(request));
            if (needed.length == 0 || activity.holds(needed)) {
                grantOrDeny(request);
                return;
            }
            if (waiting != null) {
                waiting.deny();
            }
            waiting = request;
            activity.ask(needed);
        }

        @Override
        public void onPermissionRequestCanceled(PermissionRequest request) {
            if (request == waiting) {
                waiting = null;
            }
        }
    }
}
