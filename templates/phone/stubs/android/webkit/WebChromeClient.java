package android.webkit;

public class WebChromeClient {
    public void onPermissionRequest(PermissionRequest request) { throw new RuntimeException(); }
    public void onPermissionRequestCanceled(PermissionRequest request) { throw new RuntimeException(); }
}
