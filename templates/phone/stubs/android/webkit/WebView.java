package android.webkit;

public class WebView extends android.widget.AbsoluteLayout {
    public WebView(android.content.Context context) { throw new RuntimeException(); }
    public static android.content.pm.PackageInfo getCurrentWebViewPackage() { throw new RuntimeException(); }
    public WebSettings getSettings() { throw new RuntimeException(); }
    public void setWebChromeClient(WebChromeClient client) { throw new RuntimeException(); }
    public void setWebViewClient(WebViewClient client) { throw new RuntimeException(); }
    public void addJavascriptInterface(Object object, String name) { throw new RuntimeException(); }
    public void loadUrl(String url) { throw new RuntimeException(); }
    public void stopLoading() { throw new RuntimeException(); }
    public void evaluateJavascript(String script, ValueCallback<String> callback) { throw new RuntimeException(); }
    public void destroy() { throw new RuntimeException(); }
}
