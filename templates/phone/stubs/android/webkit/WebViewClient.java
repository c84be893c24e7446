package android.webkit;

public class WebViewClient {
    public boolean shouldOverrideUrlLoading(WebView view, WebResourceRequest request) { throw new RuntimeException(); }
    public WebResourceResponse shouldInterceptRequest(WebView view, WebResourceRequest request) { throw new RuntimeException(); }
    public void onPageStarted(WebView view, String url, android.graphics.Bitmap icon) { throw new RuntimeException(); }
    public boolean onRenderProcessGone(WebView view, RenderProcessGoneDetail detail) { throw new RuntimeException(); }
}
